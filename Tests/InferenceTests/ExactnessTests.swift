import Adapters
import Checkpoints
import Inference
import Quantization
import Randomness
import Tensors
import Testing
import TestSupport
import Tokenizers

/// The same question has the same answer to the last bit, whatever of its prompt was computed before and in what pieces.
@Suite(
    .ownThreads,
    .enabled(if: InstructionSet.chosen >= .avx2, "our own kernels for all products need AVX2"))
struct ExactnessTests {
    private struct Case {
        var model: String
        var adapter: String?
        var vocabulary: Int
        var longest: Int
    }

    private static var cases: [Case] {
        [
            Case(model: Checkout.base, vocabulary: 4096, longest: 700),
            Case(
                model: Fixtures.path("models/llama.gguf"), adapter: Fixtures.path("lora/adapter-llama/adapter.gguf"),
                vocabulary: 500, longest: 400),
            Case(model: Fixtures.path("models/gemma3.gguf"), vocabulary: 500, longest: 300),
            Case(model: Fixtures.path("models/qwen3.gguf"), vocabulary: 500, longest: 300),
        ]
    }

    @Test(.needsFixtures, arguments: 0..<4) func whatWasKnownBeforeDoesNotShow(number: Int) throws {
        let model = ExactnessTests.cases[number]
        let checkpoint = try Checkpoint(path: model.model)
        func engine() throws -> InferenceEngine { try InferenceEngine(checkpoint: checkpoint) }
        let warm = try engine()
        let adapter = try model.adapter.map { try LowRankAdapter(path: $0) }
        let loaded = try adapter.map { try warm.load($0) }
        var random = SplitMix64(seed: UInt64(number) + 1)
        func tokens(_ count: Int) -> [TokenID] {
            (0..<count).map { _ in TokenID.random(in: 3..<TokenID(model.vocabulary), using: &random) }
        }
        let shared = tokens(model.longest)
        let labels = (1...5).map { tokens($0) }
        for length in [1, 4, 5, 6, 9, 31, 64, 255, 256, 257, 258, 262, model.longest] {
            let prompt = Array(shared.prefix(length * 3 / 4)) + tokens(length - length * 3 / 4)
            // What is known of it now is what some others left; then all of it is.
            let cold = try engine()
            let coldAdapter = try adapter.map { try cold.load($0) }
            let expected = try cold.scoreLabels(prompt: prompt, labels: labels, adapter: coldAdapter)
            let options = GenerationOptions(maximumTokens: 6)
            let said = try engine().generate(
                prompt: prompt, adapter: coldAdapter, options: options)
            for round in 0..<3 {
                let scores = try warm.scoreLabels(prompt: prompt, labels: labels, adapter: loaded)
                #expect(scores == expected, "\(length) tokens, round \(round)")
                let generation = try warm.generate(prompt: prompt, adapter: loaded, options: options)
                #expect(generation.tokens == said.tokens, "\(length) tokens, round \(round)")
                #expect(generation.logProbability == said.logProbability, "\(length) tokens, round \(round)")
            }
        }
    }
}
