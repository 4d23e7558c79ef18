import Adapters
import Checkpoints
import Foundation
import Randomness
import Storage
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// Plans on a tiny base: what they choose, and that they leave no trace.
@Suite(.needsFixtures, .ownThreads) struct RunPlanTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// What a process holds in these tests: nothing but what the plan adds.
    private let nothing = MemoryUse(resident: 0, mapped: 0, peak: 0)

    private var recipe: AdapterRecipe {
        var recipe = AdapterRecipe()
        recipe.rank = 4
        recipe.epochs = 2
        recipe.batchSize = 16
        recipe.snapshotInterval = 2
        return recipe
    }

    private func makeRun(_ directory: String, hasPairs: Bool = false) throws -> TrainingRun {
        var generator = SplitMix64(seed: 3)
        func set(_ count: Int) -> TrainingSet {
            let examples = (0..<count).map { _ in
                let tokens = (0..<Int.random(in: 30...60, using: &generator)).map { _ in
                    Int32.random(in: 3..<500, using: &generator)
                }
                return TrainingExample(tokens: tokens, weights: tokens.indices.map { $0 > 20 ? 1 : 0 })
            }
            let digest = ContentDigest(of: "plan \(count)")
            guard hasPairs else { return TrainingSet(examples, digest: digest) }
            return TrainingSet(pairs: zip(examples, examples.reversed()).map { ($0, $1) }, digest: digest)
        }
        var recipe = recipe
        if hasPairs { recipe.loss = .dpo }
        return try TrainingRun(
            checkpoint: Checkpoint(path: Fixtures.path("models/qwen2.gguf")), recipe: recipe, training: set(40),
            validation: set(8), snapshotDirectory: "\(folder)/\(directory)", pool: ThreadPool(threads: 2))
    }

    @Test func lessMemoryMeansMoreRecomputationThenSmallerMicroBatches() throws {
        let free = try makeRun("a").plan(memoryLimit: nil, use: nothing)
        #expect(free.recomputedLayers == 0)
        #expect(free.tokensPerMicroBatch == 4096)
        #expect(free.totalSteps == 6 && free.stepsLeft == 6 && free.microBatches == 6)

        let less = try makeRun("a").plan(memoryLimit: free.memory.peak - 1, use: nothing)
        #expect(less.memory.peak < free.memory.peak)
        #expect(less.recomputedLayers > 0 || less.tokensPerMicroBatch < 4096)
        // Without splitting it is recomputation that makes room.
        let whole = try makeRun("a").plan(memoryLimit: free.memory.peak - 1, maySplit: false, use: nothing)
        #expect(whole.tokensPerMicroBatch == 4096)
        #expect(whole.recomputedLayers == 1)

        // Smaller and smaller, until it says what the least is.
        var limit = less.memory.peak - 1
        var previous = less
        var message = ""
        while message.isEmpty {
            do {
                let plan = try makeRun("a").plan(memoryLimit: limit, use: nothing)
                #expect(plan.memory.peak <= limit)
                #expect(plan.memory.pass < previous.memory.pass)
                previous = plan
                limit = plan.memory.peak - 1
            } catch let error as TrainingError { message = error.description }
        }
        #expect(previous.microBatches > free.microBatches)
        #expect(previous.largest.tokens < free.largest.tokens)
        let least = previous.memory.peak
        #expect(
            message.hasPrefix(
                "memory: the run takes \(least >= 1_000_000_000 ? "" : "\(Int((Double(least) / 1e6).rounded())) MB") at least"
            ))
    }

    @Test func aPlanAndItsWarmUpLeaveNoTrace() throws {
        let plain = try makeRun("plain")
        _ = try plain.run()
        let planned = try makeRun("planned")
        let plan = try planned.plan(memoryLimit: nil, use: nothing)
        let warm = try planned.warmUp(plan) { MemoryUse(resident: 1000, mapped: 0, peak: 2000) }
        #expect((warm.time?.seconds ?? 0) > 0)
        _ = try planned.run()
        #expect(try planned.result().tensors == plain.result().tensors)
    }

    @Test func aWarmUpInTheMiddleOfARunLeavesNoTrace() throws {
        let plain = try makeRun("plain")
        _ = try plain.run()
        _ = try makeRun("stopped").run(until: 3)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/stopped").sorted()
        let resumed = try makeRun("stopped")
        #expect(try resumed.resume() == 3)
        let plan = try resumed.plan(memoryLimit: nil, use: nothing)
        #expect(try resumed.warmUp(plan) { nothing }.stepsLeft == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/stopped").sorted() == files)
        _ = try resumed.run()
        #expect(try resumed.result().tensors == plain.result().tensors)
    }

    @Test func aWarmUpOfPreferencesAsksForNoReferences() throws {
        let plain = try makeRun("plain", hasPairs: true)
        _ = try plain.run()
        let planned = try makeRun("planned", hasPairs: true)
        _ = try planned.warmUp(planned.plan(memoryLimit: nil, use: nothing)) { nothing }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/planned").isEmpty)
        _ = try planned.run()
        #expect(try planned.result().tensors == plain.result().tensors)
    }

    @Test func theTimeLeftFollowsThePlanAndThenTheRun() throws {
        var plan = try makeRun("a").plan(memoryLimit: nil, use: nothing)
        let half = plan.computedTokens / 2
        // Without a warm-up, as fast as so far.
        #expect(plan.secondsLeft(tokens: 0, elapsed: 1) == 0)
        #expect(abs(plan.secondsLeft(tokens: half, elapsed: 30) - 30) < 0.1)
        // With one, as planned; twice as slow as planned, nearly twice as long.
        plan.time = ProcessTime(seconds: 100)
        #expect(plan.secondsLeft(tokens: 0, elapsed: 0) == 100)
        #expect(abs(plan.secondsLeft(tokens: half, elapsed: 50) - 50) < 0.1)
        #expect((92...100).contains(plan.secondsLeft(tokens: half, elapsed: 100)))
        #expect(plan.secondsLeft(tokens: plan.computedTokens, elapsed: 120) == 0)
    }

    @Test func aRunWhoseMicroBatchesAPlanChoseIsResumedWithThem() throws {
        func plan(_ run: TrainingRun) throws -> Int {
            let free = try makeRun("free").plan(memoryLimit: nil, use: nothing)
            // Half of what a pass takes: recomputation alone does not make room for it.
            let limit = free.memory.peak - free.memory.pass * 7 / 8
            return try run.plan(memoryLimit: limit, use: nothing).tokensPerMicroBatch
        }
        let whole = try makeRun("whole")
        let chosen = try plan(whole)
        #expect(chosen < 4096)
        _ = try whole.run()

        let first = try makeRun("stopped")
        #expect(try plan(first) == chosen)
        #expect(try first.run(until: 3).isFinished == false)
        // The same command without a limit goes on as it began.
        let second = try makeRun("stopped")
        #expect(try second.resume() == 3)
        #expect(second.recipe.tokensPerMicroBatch == chosen)
        _ = try second.run()
        #expect(try second.result().tensors == whole.result().tensors)
    }

    @Test func aDeadlineIsRefusedWithWhatWouldFit() throws {
        var plan = try makeRun("a").plan(memoryLimit: nil, use: nothing)
        plan.time = ProcessTime(seconds: 7200)
        #expect(plan.refusal(secondsLeft: 7300, epochs: 2) == nil)
        #expect(
            plan.refusal(secondsLeft: 4000, epochs: 2)
                == "deadline: the run takes 2 h 00 min, expected at most 1 h 06 min; epochs: 1 would fit")
        #expect(
            plan.refusal(secondsLeft: 60, epochs: 2)
                == "deadline: the run takes 2 h 00 min, expected at most 1 min 00 s; not even one epoch (1 h 00 min) would fit"
        )
    }
}
