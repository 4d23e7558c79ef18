import Adapters
import Checkpoints
import Foundation
import Randomness
import Storage
import Tensors
import Testing
import TestSupport
import Training

/// Whole runs on a tiny base: what they depend on, and what they survive.
@Suite(.needsFixtures, .ownThreads) struct TrainingRunTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

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
        var generator = SplitMix64(seed: seed)
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
        validation: TrainingSet? = nil, start: TrainingStart? = nil, threads: Int = 2, recomputedLayers: Int = 0
    ) throws -> TrainingRun {
        try TrainingRun(
            checkpoint: Checkpoint(path: Fixtures.path("models/llama.gguf")), recipe: recipe ?? self.recipe,
            training: training ?? set(18, seed: 1), validation: validation ?? set(6, seed: 2), start: start,
            recomputedLayers: recomputedLayers, snapshotDirectory: "\(folder)/\(directory)",
            pool: ThreadPool(threads: threads))
    }

    private func numbers(_ run: TrainingRun) throws -> [String: LowRankPair] { try run.result().tensors }

    @Test func theResultDependsNeitherOnThreadsNorOnInterruptions() throws {
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
        var other = recipe
        other.seed = 2
        let first = try makeRun("seed-1"), second = try makeRun("seed-2", recipe: other)
        _ = try first.run()
        _ = try second.run()
        #expect(try numbers(first) != numbers(second))
    }

    @Test func aSnapshotOfAnotherRunIsRefusedAndSaysWhatDiffers() throws {
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

    // MARK: Variants, to the bit

    /// Everything that a recipe can ask for at once, stopped after every third step and on other threads.
    @Test func dropoutPatternsAndLoRAPlusSurviveInterruptions() throws {
        var recipe = try AdapterRecipe(
            text: "{rank: 4, rank_pattern: {attn_q: 2}, alpha_pattern: {blk.0.*: 3}, rslora: true, dropout: 0.2, "
                + "lora_plus_ratio: 4, epochs: 2, batch_size: 4, learning_rate: 3e-3, tokens_per_micro_batch: 20}",
            path: "adapter.yaml")
        let whole = try makeRun("variants-whole", recipe: recipe)
        _ = try whole.run()
        let expected = try numbers(whole)
        #expect(expected["blk.1.attn_q.weight"]?.rank == 2)
        var steps = 0, isFinished = false
        for threads in [1, 3, 2, 1, 3] where !isFinished {
            let run = try makeRun("variants-stopped", recipe: recipe, threads: threads)
            let start = try run.resume()
            isFinished = try run.run(shouldStop: { steps >= start + 3 }) { event in
                if case .step = event { steps += 1 }
            }.isFinished
            if isFinished { #expect(try numbers(run) == expected) }
        }
        #expect(isFinished)
        recipe.dropout = 0
        let other = try makeRun("variants-other", recipe: recipe)
        _ = try other.run()
        #expect(try numbers(other) != expected)
    }

    private func preferences(_ count: Int, seed: UInt64) -> TrainingSet {
        var generator = SplitMix64(seed: seed)
        let prompt = (0..<10).map { _ in Int32.random(in: 3..<500, using: &generator) }
        func example(_ label: Int32) -> TrainingExample {
            TrainingExample(tokens: prompt + [label, 2], weights: Array(repeating: 0, count: 10) + [1, 1])
        }
        return TrainingSet(
            pairs: (0..<count).map { _ in
                (
                    example(Int32.random(in: 20..<26, using: &generator)),
                    example(Int32.random(in: 30..<36, using: &generator))
                )
            }, digest: ContentDigest(of: "pairs \(count) \(seed)"))
    }

    /// Answers of one kind are better than those of another: soon every pair is preferred rightly; resumed, to the bit.
    @Test func preferencesAreLearnedAndSurviveInterruptions() throws {
        var recipe = recipe
        recipe.loss = .dpo
        recipe.epochs = 6
        func run(_ name: String) throws -> TrainingRun {
            try makeRun(
                name, recipe: recipe, training: preferences(12, seed: 3), validation: preferences(6, seed: 3))
        }
        let whole = try run("dpo-whole")
        var margins: [Double] = [], accuracy = 0.0
        _ = try whole.run(onEvent: { event in
            if case .step(let record) = event { margins.append(record.rewards?.margin ?? .nan) }
            if case .validated(let record) = event { accuracy = record.agreement }
        })
        // The reference is the model at the start: nothing is preferred to it before the first step.
        #expect(abs(margins[0]) < 1e-4)
        #expect(margins.last ?? 0 > 0.1)
        #expect(accuracy == 1)
        let first = try run("dpo-stopped")
        var steps = 0
        _ = try first.run(shouldStop: { steps == 7 }) { event in if case .step = event { steps += 1 } }
        try FileManager.default.removeItem(atPath: "\(folder)/dpo-stopped/references.json")
        let second = try run("dpo-stopped")
        #expect(try second.resume() == 7)
        _ = try second.run()
        #expect(try numbers(second) == numbers(whole))
    }

    // MARK: Beginning from an adapter

    @Test func aRunBeginsFromAnAdapterInEitherForm() throws {
        let first = try makeRun("first")
        _ = try first.run()
        let adapter = try first.result()
        let checkpoint = try Checkpoint(path: Fixtures.path("models/llama.gguf"))
        try AtomicFile.write(to: "\(folder)/a.gguf") { try adapter.write(to: $0) }
        try adapter.write(peft: "\(folder)/peft", layout: checkpoint.peftLayout)
        for path in ["\(folder)/a.gguf", "\(folder)/peft"] {
            let start = try TrainingStart(path: path, for: checkpoint)
            let second = try makeRun("second", start: start)
            #expect(try second.result().tensors == adapter.tensors, "\(path)")
            #expect(second.freshMatrixCount == 0)
        }
        // Another alpha: the same updates, with the ratio in B.
        var other = recipe
        other.alpha = 64
        let start = try TrainingStart(path: "\(folder)/a.gguf", for: checkpoint)
        let scaled = try makeRun("scaled", recipe: other, start: start).result()
        for (name, pair) in adapter.tensors {
            let found = try #require(scaled.tensors[name])
            #expect(found.scale == 2 * pair.scale && found.a == pair.a)
            #expect(zip(found.b, pair.b).allSatisfy { $0 == $1 / 2 })
        }
        // A snapshot of the run without it is another run's.
        #expect(throws: TrainingError.self) { _ = try makeRun("first", start: start).resume() }
    }

    @Test func anAdapterThatDoesNotFitIsNamed() throws {
        let run = try makeRun("first")
        let adapter = try run.result()
        let checkpoint = try Checkpoint(path: Fixtures.path("models/llama.gguf"))
        let path = "\(folder)/a.gguf"
        try AtomicFile.write(to: path) { try adapter.write(to: $0) }
        let start = try TrainingStart(path: path, for: checkpoint)
        var other = recipe
        other.rank = 8
        let rank = #expect(throws: (any Error).self) { try makeRun("rank", recipe: other, start: start) }
        #expect(
            "\(String(describing: rank))".contains(
                "a.gguf: blk.0.attn_k.weight: rank 4 from 256 to 128, expected rank 8 from 256 to 128 as the recipe"))
        var fewer = recipe
        fewer.targets = ["attn_q", "attn_v"].compactMap { MatrixPattern($0) }
        let targets = #expect(throws: (any Error).self) { try makeRun("targets", recipe: fewer, start: start) }
        #expect(
            "\(String(describing: targets))".contains("changes blk.0.attn_k.weight, which the recipe does not train"))
        let base = try Checkpoint(path: Fixtures.path("models/llama-tied.gguf"))
        let error = #expect(throws: AdapterError.self) { try TrainingStart(path: path, for: base) }
        #expect(
            error?.description.contains(
                "made for the base \(try checkpoint.digest()), expected the base "
                    + "\(try base.digest())") == true)
    }

    /// The state that a roll-back leads to depends on the recipe alone: neither on kills nor on other snapshots.
    @Test func aRunThatRollsBackEndsAlikeHoweverItWasStopped() throws {
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
