import Foundation
public import JSON
import Storage

/// What a sweep has found so far: `sweep.json` in its folder, written after every trial of every round.
public struct SweepRecord: Sendable {
    /// What a trial showed at the end of a round.
    public struct Finding: Sendable, Hashable {
        public var trial: Int
        public var round: Int
        /// Steps done.
        public var step: Int
        public var agreement: Double
        public var loss: Double
        /// Of all its rounds.
        public var seconds: Double

        /// More answered exactly is better; among equals the lower loss, then the earlier trial.
        func isBetter(than other: Finding) -> Bool {
            if agreement != other.agreement { return agreement > other.agreement }
            return loss != other.loss ? loss < other.loss : trial < other.trial
        }
    }

    /// What the sweep is made of.
    let identity: [(name: String, value: String)]
    /// The numbers of the trials that take part.
    var trials: [Int]
    /// How many of them take part in each round.
    var rounds: [Int]
    public internal(set) var findings: [Finding] = []

    init(identity: [(name: String, value: String)], trials: [Int], rounds: [Int]) {
        self.identity = identity
        self.trials = trials
        self.rounds = rounds
    }

    /// The finding of a trial in a round.
    func finding(trial: Int, round: Int) -> Finding? { findings.first { $0.trial == trial && $0.round == round } }

    /// Best first: those that came furthest, and among them the better.
    public var ranking: [Finding] {
        let last = Dictionary(grouping: findings, by: \.trial).compactMap { $0.value.max { $0.round < $1.round } }
        return last.sorted { $0.round != $1.round ? $0.round > $1.round : $0.isBetter(than: $1) }
    }

    /// What a file says; nil where there is none.
    ///
    /// - Throws: ``TrainingError`` for a file that is damaged.
    static func json(_ path: String) throws -> JSONValue? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        do { return try JSONValue(parsing: data) } catch { throw damaged(path) }
    }

    private static func damaged(_ path: String) -> TrainingError {
        TrainingError("\(path): not a record of a sweep", hint: "give the sweep another --output")
    }

    /// Reads what an earlier process found, if there was one.
    ///
    /// - Throws: ``TrainingError`` for a file that is damaged, or of another sweep, naming what differs.
    mutating func read(_ path: String) throws -> Bool {
        guard let json = try SweepRecord.json(path) else { return false }
        let differing = identity.filter { (json[$0.name]?.stringValue ?? "none") != $0.value }
        if !differing.isEmpty {
            let parts = differing.map {
                "\($0.name) \(json[$0.name]?.stringValue ?? "none"), expected \($0.value)"
            }
            throw TrainingError(
                "\(path): another sweep: \(parts.joined(separator: "; "))", hint: "give the sweep another --output")
        }
        if let numbers = json["trials"]?.arrayValue, let counts = json["rounds"]?.arrayValue {
            let known = Set(trials)
            trials = numbers.compactMap(\.integerValue)
            rounds = counts.compactMap(\.integerValue)
            guard trials.count == numbers.count, known.isSuperset(of: trials), Set(trials).count == trials.count,
                rounds.count == counts.count, rounds.first == trials.count, rounds.allSatisfy({ $0 > 0 })
            else { throw SweepRecord.damaged(path) }
        }
        findings = try (json["findings"]?.arrayValue ?? []).map { entry in
            guard let trial = entry["trial"]?.integerValue, let round = entry["round"]?.integerValue,
                let step = entry["step"]?.integerValue, let agreement = entry["agreement"]?.doubleValue,
                let loss = entry["loss"]?.doubleValue, let seconds = entry["seconds"]?.doubleValue
            else { throw SweepRecord.damaged(path) }
            return Finding(trial: trial, round: round, step: step, agreement: agreement, loss: loss, seconds: seconds)
        }
        return true
    }

    func write(to path: String) throws {
        var object = JSONObject()
        for field in identity { object[field.name] = .string(field.value) }
        object["trials"] = .array(trials.map { .integer($0) })
        object["rounds"] = .array(rounds.map { .integer($0) })
        object["findings"] = .array(findings.map(\.json))
        try AtomicFile.write(JSONValue.object(object).serialized() + "\n", to: path)
    }
}

extension SweepRecord.Finding {
    public var json: JSONValue {
        [
            "trial": .integer(trial), "round": .integer(round), "step": .integer(step),
            "agreement": .number(agreement), "loss": .number(loss), "seconds": .number(seconds),
        ]
    }
}
