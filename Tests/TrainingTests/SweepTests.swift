import Checkpoints
import Foundation
import JSON
import Storage
import Tensors
import Testing
import TestSupport
import Training

/// A sweep on a tiny base within a time: which trials are left out, and that the best one is trained to its end.
@Suite(.needsFixtures, .ownThreads) struct SweepTests {
    private let folder: ScratchFolder
    private let grid = "learning_rate: [1e-4, 1e-3, 3e-3, 1e-2]\nhalving: {reduction: 2}\n"

    init() throws { folder = try ScratchFolder() }

    private func makeSweep(_ text: String) throws -> Sweep {
        let common = JSONObject([
            (key: "rank", value: .integer(4)), (key: "batch_size", value: .integer(4)),
            (key: "epochs", value: .integer(2)),
        ])
        func set(_ count: Int) -> TrainingSet {
            let examples = (0..<count).map { number in
                TrainingExample(tokens: [3, 9, Int32(20 + number % 4), 2], weights: [0, 0, 1, 1])
            }
            return TrainingSet(examples, digest: ContentDigest(of: "sweep \(count)"))
        }
        let checkpoint = try Checkpoint(path: Fixtures.path("models/llama.gguf"))
        return try Sweep(
            SweepDefinition(text: text, path: "sweep.yaml", common: common), folder: folder.path,
            pool: ThreadPool(threads: 2)
        ) { _ in Sweep.Input(checkpoint: checkpoint, training: set(32), validation: set(8)) }
    }

    @Test func asManyTrialsAsFitAreTaken() throws {
        let sweep = try makeSweep(grid)
        let measured = sweep.definition.trials.reversed().map { ($0, TrialCost(steps: 9, perRound: 1)) }
        // One takes 10 s, two 3 (9/2 + 1) = 16.5, three 4 (9/2 + 1) = 22, four 6 (9/4 + 1) + 9/2 + 1 = 25; a fifth more
        // is kept.
        #expect(
            try sweep.fit(measured, seconds: 11.9) == "deadline: one trial takes 12.0 s, expected at most 11.9 s")
        for (seconds, trials) in [(12.1, [4]), (19.9, [3, 4]), (26.5, [2, 3, 4]), (30.1, [1, 2, 3, 4])] {
            #expect(try sweep.fit(measured, seconds: seconds) == nil)
            #expect(sweep.trials.map(\.number) == trials)
        }
        #expect(sweep.halving.rounds.map(\.trials) == [4, 2, 1])
        // Dear ones are left out rather than refused.
        let mixed = measured.map { ($0.0, TrialCost(steps: $0.0.number == 2 ? 9 : 90, perRound: 1)) }
        #expect(try sweep.fit(mixed, seconds: 20) == nil)
        #expect(sweep.trials.map(\.number) == [2])
    }

    @Test func moreTrialsCanTakeLessTime() {
        let cost = TrialCost(steps: 9, perRound: 0)
        func seconds(_ trials: Int) -> Double {
            SuccessiveHalving(trials: trials, reduction: 3)
                .seconds(Array(repeating: cost, count: trials))
        }
        #expect(seconds(8) == 8 * 3 + 2 * 6)
        #expect(seconds(9) == 9 * 1 + 3 * 2 + 6)
    }

    @Test func whatTakesLongerThanForeseenLeavesOutMore() throws {
        let sweep = try makeSweep(grid)
        #expect(try sweep.fit(secondsLeft: { 1e9 }) == nil)
        #expect(sweep.trials.count == 4)
        var shortened: [[Int]] = []
        var finished: [Int] = []
        // No time is left once the first round is over.
        func run(_ sweep: Sweep) throws -> Bool {
            try sweep.run(
                secondsLeft: { 0 },
                onEvent: { event in
                    if case .shortened(let round, let trials, let planned) = event {
                        shortened.append([round, trials, planned])
                    }
                }, finish: { run, number, outcome in finished += [number, outcome.step, run.totalSteps] })
        }
        #expect(try run(sweep))
        #expect(shortened == [[1, 1, 2]])
        let best = try #require(sweep.record.ranking.first)
        #expect(finished == [best.trial, 16, 16])

        // Another process finds the same trials in the same rounds, and nothing left to do, however much time it has.
        let again = try makeSweep(grid)
        #expect(try again.fit(secondsLeft: { 1e9 }) == nil)
        #expect(again.halving.rounds.map(\.trials) == [4, 1, 1])
        #expect(try run(again))
        #expect(finished.count == 3)
        #expect(again.record.ranking == sweep.record.ranking)
    }

    @Test func aTimeThatIsTooShortForOneTrialIsRefused() throws {
        let reason = try #require(try makeSweep(grid).fit(secondsLeft: { 1e-3 }))
        #expect(reason.hasPrefix("deadline: one trial takes ") && reason.hasSuffix(" s, expected at most 0.0 s"))
        // Nothing was chosen: with more time all take part.
        let later = try makeSweep(grid)
        #expect(try later.fit(secondsLeft: { 1e9 }) == nil)
        #expect(later.trials.count == 4)
    }

    @Test(arguments: [
        #""trials":[1,9],"rounds":[2]"#, #""trials":[1,1],"rounds":[2]"#, #""trials":[1],"rounds":[2]"#,
        #""trials":[],"rounds":[]"#, #""trials":[1],"rounds":[1,0]"#,
    ])
    func aDamagedRecordIsRefused(part: String) throws {
        _ = try makeSweep(grid).fit(secondsLeft: { 1e9 })
        let path = folder.file("sweep.json")
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text.replace(#""trials":[1,2,3,4],"rounds":[4,2,1]"#, with: part)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = try #require(throws: TrainingError.self) { _ = try makeSweep(grid) }
        #expect(error.description == "\(path): not a record of a sweep")
    }
}
