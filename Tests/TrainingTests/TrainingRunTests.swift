import Adapters
import Checkpoints
import Foundation
import Storage
import Tensors
import Testing
import Training

/// Whole runs on a tiny base: what they depend on, and what they survive.
@Suite(.enabled(if: Fixtures.areThere, "needs shared/fixtures beside the checkout")) struct TrainingRunTests {
    private let folder = NSTemporaryDirectory() + "retort-training-\(UUID().uuidString)"

    private var recipe: AdapterRecipe {
        var recipe = AdapterRecipe()
        recipe.rank = 4
        recipe.epochs = 2
        recipe.batchSize = 4
        recipe.learningRate = 3e-3
        recipe.snapshotInterval = 3
        recipe.validationInterval = 4
        return recipe
    }

    private func set(_ count: Int, seed: UInt64) -> TrainingSet {
        var generator = Numbers(state: seed)
        let prompt = (0..<10).map { _ in Int32.random(in: 3..<500, using: &generator) }
        let examples = (0..<count).map { _ in
            let label = Int32.random(in: 20..<26, using: &generator)
            return TrainingExample(
                tokens: prompt + [label + 100, label, 2], weights: Array(repeating: 0, count: 11) + [1, 1])
        }
        return TrainingSet(examples, digest: ContentDigest(of: "set \(count) \(seed)"))
    }

    private func makeRun(
        _ directory: String, recipe: AdapterRecipe? = nil, training: TrainingSet? = nil,
        validation: TrainingSet? = nil, threads: Int = 2, recomputedLayers: Int = 0
    ) throws -> TrainingRun {
        try TrainingRun(
            checkpoint: Checkpoint(path: Fixtures.path("models/llama.gguf")), recipe: recipe ?? self.recipe,
            training: training ?? set(18, seed: 1), validation: validation ?? set(6, seed: 2),
            recomputedLayers: recomputedLayers, snapshotDirectory: "\(folder)/\(directory)",
            pool: ThreadPool(threads: threads))
    }

    private func numbers(_ run: TrainingRun) throws -> [String: LowRankPair] { try run.result().tensors }

    @Test func theResultDependsNeitherOnThreadsNorOnInterruptions() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let whole = try makeRun("whole")
        let outcome = try whole.run()
        #expect(outcome.isFinished && outcome.step == 10)
        let expected = try numbers(whole)

        for threads in [1, 3] {
            let run = try makeRun("threads-\(threads)", threads: threads)
            _ = try run.run()
            #expect(try numbers(run) == expected)
        }
        // Stopped after every step, each time by a new process's worth of state, with other threads and memory.
        var steps = 0
        for attempt in 0..<20 {
            let run = try makeRun("stopped", threads: 1 + attempt % 3, recomputedLayers: attempt % 2)
            let start = try run.resume()
            #expect(start == steps)
            let outcome = try run.run(shouldStop: { steps > start }) { event in
                if case .step = event { steps += 1 }
            }
            if outcome.isFinished {
                #expect(try numbers(run) == expected)
                #expect(steps == 10)
                return
            }
        }
        Issue.record("the run never finished")
    }

    @Test func itLearns() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var recipe = recipe
        recipe.epochs = 20
        let run = try makeRun("learns", recipe: recipe, validation: set(18, seed: 1))
        var agreement = 0.0
        _ = try run.run(onEvent: { event in
            if case .validated(let record) = event { agreement = record.agreement }
        })
        // Chance is one in six.
        #expect(agreement == 1)
    }

    @Test func theSeedChangesTheResult() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var other = recipe
        other.seed = 2
        let first = try makeRun("seed-1"), second = try makeRun("seed-2", recipe: other)
        _ = try first.run()
        _ = try second.run()
        #expect(try numbers(first) != numbers(second))
    }

    @Test func aSnapshotOfAnotherRunIsRefusedAndSaysWhatDiffers() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try makeRun("other").run()
        var changed = recipe
        changed.learningRate = 1e-3
        let other = try makeRun("other", recipe: changed, training: set(17, seed: 1))
        let error = try #require(throws: TrainingError.self) { _ = try other.resume() }
        #expect(error.description.contains("snapshot of another run: dataset sha256:"))
        #expect(
            error.description.contains(
                "recipe \(recipe.digest), expected \(changed.digest) (learning_rate 0.003, expected 0.001)"))
        #expect(!error.description.contains("base"))
    }

    @Test func aDamagedSnapshotIsRefusedAtEveryPlace() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try makeRun("damaged").run()
        let path = "\(folder)/damaged/snapshot.bin"
        let whole = try Data(contentsOf: URL(filePath: path))
        let run = try makeRun("damaged")
        for length in [0, 7, 15, 16, 100, whole.count / 2, whole.count - 1] {
            try whole.prefix(length).write(to: URL(filePath: path))
            #expect(throws: TrainingError.self, "cut at \(length)") { _ = try run.resume() }
        }
        for place in [0, 9, 20, whole.count / 2, whole.count - 1] {
            var changed = whole
            changed[place] ^= 1
            try changed.write(to: URL(filePath: path))
            #expect(throws: TrainingError.self, "changed at \(place)") { _ = try run.resume() }
        }
    }

    @Test func aRunThatRunsAwayGoesBackAndGivesUp() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var wild = recipe
        wild.learningRate = 1e6
        wild.clip = 1e9
        wild.warmup = 0
        wild.snapshotInterval = 1
        let run = try makeRun("wild", recipe: wild)
        var factors: [Double] = []
        let error = try #require(throws: TrainingError.self) {
            _ = try run.run(onEvent: { event in
                if case .rolledBack(_, _, let factor) = event { factors.append(factor) }
            })
        }
        #expect(factors == [0.5, 0.25, 0.125])
        #expect(error.description.contains("is not finite or runs away, after 3 roll-backs"))
    }

    /// The state that a roll-back leads to depends on the recipe alone: neither on kills nor on other snapshots.
    @Test func aRunThatRollsBackEndsAlikeHoweverItWasStopped() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var wild = recipe
        wild.clip = 1e9
        wild.epochs = 4
        wild.snapshotInterval = 3
        func finish(_ directory: String, stoppingAfter interval: Int) throws -> (numbers: [String: LowRankPair], Int) {
            for _ in 0..<100 {
                let run = try makeRun(directory, recipe: wild)
                _ = try run.resume()
                var taken = 0
                let outcome = try run.run(shouldStop: { taken >= interval }) { event in
                    if case .step = event { taken += 1 }
                }
                if outcome.isFinished { return (try numbers(run), outcome.rollbacks) }
            }
            Issue.record("the run never finished")
            return ([:], 0)
        }
        // A rate that runs away, and no longer does once it has been halved a few times.
        var found: (numbers: [String: LowRankPair], rollbacks: Int)?
        for rate in [100.0, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000] where found == nil {
            wild.learningRate = rate
            do {
                let (numbers, rollbacks) = try finish("rate-\(rate)", stoppingAfter: .max)
                if rollbacks > 0 { found = (numbers, rollbacks) }
            } catch is TrainingError {}
        }
        let (whole, rollbacks) = try #require(found)
        for interval in [1, 2, 5] {
            let (stopped, times) = try finish("every-\(interval)", stoppingAfter: interval)
            #expect(times == rollbacks)
            #expect(stopped == whole)
        }
    }

    @Test(arguments: [AdapterRecipe.EarlyStopping.Criterion.agreement, .loss])
    func earlyStoppingEndsTheRunAtTheSameStepHoweverItWasStopped(
        criterion: AdapterRecipe.EarlyStopping.Criterion
    ) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var patient = recipe
        patient.epochs = 40
        patient.learningRate = 2e-2
        patient.validationInterval = 2
        patient.earlyStopping = .init(patience: 3, criterion: criterion)
        let whole = try makeRun("whole", recipe: patient)
        var records: [ValidationRecord] = []
        let outcome = try whole.run(onEvent: { event in
            if case .validated(let record) = event { records.append(record) }
        })
        #expect(outcome.isFinished && outcome.hasStoppedEarly)
        #expect(outcome.step < whole.totalSteps)
        // The last three were no better than the best before them, and no earlier three were.
        let values = records.map { criterion == .loss ? -$0.loss : $0.agreement }
        let stale = values.indices.map { place -> Int in
            let best = values[...place].max() ?? 0
            return place - (values.firstIndex(of: best) ?? 0)
        }
        #expect(stale.last == 3)
        #expect(stale.dropLast().allSatisfy { $0 < 3 })
        // The adapter is that of the best validation by agreement, then loss.
        let best = records.max { ($0.agreement, -$0.loss) < ($1.agreement, -$1.loss) }
        #expect(outcome.bestStep == best?.step)

        for _ in 0..<100 {
            let run = try makeRun("stopped", recipe: patient)
            let start = try run.resume()
            var taken = 0
            let end = try run.run(shouldStop: { taken >= 3 }) { event in if case .step = event { taken += 1 } }
            if end.isFinished {
                #expect(end.step == outcome.step)
                #expect(try numbers(run) == numbers(whole))
                // Resumed once more, it has nothing left to do.
                let again = try makeRun("stopped", recipe: patient)
                #expect(try again.resume() == outcome.step)
                #expect(try again.run().hasStoppedEarly)
                return
            }
            #expect(end.step == start + 3)
        }
        Issue.record("the run never finished")
    }
}
