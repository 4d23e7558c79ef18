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
        validation: TrainingSet? = nil, threads: Int = 2
    ) throws -> TrainingRun {
        try TrainingRun(
            checkpoint: Checkpoint(path: Fixtures.path("models/llama.gguf")), recipe: recipe ?? self.recipe,
            training: training ?? set(18, seed: 1), validation: validation ?? set(6, seed: 2),
            snapshotDirectory: "\(folder)/\(directory)", pool: ThreadPool(threads: threads))
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
        // Stopped after every step, each time by a new process's worth of state.
        var steps = 0
        for _ in 0..<20 {
            let run = try makeRun("stopped")
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
        #expect(error.description.contains("recipe \(recipe.digest), expected \(changed.digest)"))
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
}
