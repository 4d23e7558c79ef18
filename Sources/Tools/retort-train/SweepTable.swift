import Foundation
import JSON
import StageInterface
import Training

/// What a sweep found, best first.
struct SweepTable {
    private let rows: [(finding: SweepRecord.Finding, trial: SweepDefinition.Trial)]
    private let rounds: Int

    init(_ sweep: Sweep) {
        rows = sweep.record.ranking.map { ($0, sweep.definition.trials[$0.trial - 1]) }
        rounds = sweep.halving.rounds.count
    }

    var lines: [String] {
        [" rank  trial  round  steps  agreement      loss    time  recipe"]
            + rows.enumerated().map { index, row in
                let changes = row.trial.changes.members.map { "\($0.key) \($0.value.serialized())" }
                return String(
                    format: "%5d  %5d  %2d/%-2d  %5d  %8.1f%%  %8.4f  %5.0f s  ", index + 1, row.finding.trial,
                    row.finding.round + 1, rounds, row.finding.step, row.finding.agreement * 100,
                    min(row.finding.loss, 9999), row.finding.seconds) + changes.joined(separator: ", ")
            }
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                var object = row.finding.json.objectValue ?? JSONObject()
                object["recipe"] = .object(row.trial.changes)
                return .object(object)
            })
    }

    /// What is going to be run.
    static func outline(_ sweep: Sweep) -> [String] {
        let all = sweep.definition.trials.count, taken = sweep.trials.count
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let time = sweep.predictedSeconds.map { ", at most about \(RunPlan.time($0))" } ?? ""
        let line = "\(count(taken, "trial")) in \(count(sweep.halving.rounds.count, "round"))\(time)"
        return (taken < all ? ["deadline: \(taken) of \(all) trials fit"] : []) + [line]
    }

    static func say(_ event: Sweep.Event, _ console: Console) {
        switch event {
        case .began(let trial, let round, let rounds):
            let changes = trial.changes.members.map { "\($0.key) \($0.value.serialized())" }
            console.say("round \(round + 1)/\(rounds), trial \(trial.number): \(changes.joined(separator: ", "))")
        case .shortened(let round, let trials, let planned):
            console.say("deadline: \(trials) of \(planned) trials fit into round \(round + 1)")
        case .found(let finding, let totalSteps):
            console.say(
                String(
                    format: "  step %d of %d: %.1f %% answered exactly, loss %.4f", finding.step, totalSteps,
                    finding.agreement * 100, min(finding.loss, 9999)))
        }
    }
}
