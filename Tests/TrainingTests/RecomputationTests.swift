import Architectures
import Autograd
import Checkpoints
import Randomness
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// What is computed again rather than kept changes memory and nothing else.
@Suite(.needsFixtures, .ownThreads) struct RecomputationTests {
    private func step(_ model: String, recomputedLayers: Int, threads: Int = 2) throws -> GradientStep {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/\(model).gguf"))
        var generator = SplitMix64(seed: 5)
        let adapter = try TrainableAdapter(
            architecture: checkpoint.architecture, rank: 4, alpha: 8, generator: &generator)
        for i in 0..<adapter.parameters.count {
            adapter.parameters.values[i] += Float.random(in: -0.05...0.05, using: &generator)
        }
        return GradientStep(
            decoder: try TrainableDecoder(checkpoint), adapter: adapter, recomputedLayers: recomputedLayers,
            pool: ThreadPool(threads: threads))
    }

    private func batch(_ count: Int = 12) -> [TrainingExample] {
        var generator = SplitMix64(seed: 11)
        return (0..<count).map { number in
            let tokens = (0..<Int.random(in: 20...40, using: &generator)).map { place in
                Int32(place < 9 ? place + 3 : Int.random(in: 3..<200, using: &generator))
            }
            return TrainingExample(tokens: tokens, weights: tokens.indices.map { $0 % 3 == 0 ? 1 : 0.5 })
        }
    }

    @Test(arguments: ["llama", "llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"])
    func gradientsAreTheSameToTheBitAndMemoryIsAsPredicted(model: String) throws {
        let examples = batch()
        let packed = PackedBatch(examples)
        let sizes = packed.size
        var expected: [Float] = []
        var memory: [Int] = []
        let layers = try step(model, recomputedLayers: 0).decoder.architecture.layerCount
        #expect(layers >= 2)
        for recomputed in 0...layers {
            let step = try step(model, recomputedLayers: recomputed)
            step.reserve(sizes)
            _ = step.gradients(of: examples)
            let gradients = Array(
                UnsafeBufferPointer(start: step.parameters.gradients, count: step.parameters.count))
            if recomputed == 0 { expected = gradients }
            #expect(gradients == expected, "\(recomputed) layers")
            #expect(gradients.contains { $0 != 0 })
            let kept = step.memory.kept(sizes, recomputedLayers: recomputed)
            #expect(step.memoryUse.kept == kept, "\(recomputed) layers")
            let transient = step.memory.transient(sizes)
            #expect(step.memoryUse.transient <= transient)
            #expect(Double(step.memoryUse.transient) > 0.8 * Double(transient))
            memory.append(kept)
        }
        // The last layer that is kept costs as much as one that is computed again.
        #expect(memory.dropLast() == memory.dropLast().sorted(by: >)[...])
    }

    @Test func stepsOfManySizesTakeNoMoreMemoryThanTheLargest() throws {
        let step = try step("qwen2", recomputedLayers: 1)
        let packed = PackedBatch(batch())
        step.reserve(packed.size)
        _ = step.gradients(of: batch())
        let held = step.memoryUse.held
        for count in [3, 12, 7, 1, 11, 2, 12] {
            _ = step.gradients(of: batch(count))
            _ = step.loss(of: batch(count))
        }
        #expect(step.memoryUse.held == held)
    }

    @Test func aValidationKeepsOneLayerAtATime() throws {
        let step = try step("llama", recomputedLayers: 0)
        _ = step.loss(of: batch())
        let forward = step.memoryUse.kept
        _ = step.gradients(of: batch())
        #expect(Double(forward) < 0.75 * Double(step.memoryUse.kept))
    }
}
