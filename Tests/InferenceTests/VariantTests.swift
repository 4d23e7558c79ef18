import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers
import Transformers

/// Variants of architectures that real models have: both engines against the logits of transformers recorded beside
/// them by `Tests/Conformance/make_models.py`.
@Suite struct VariantTests {
    static let names = ["gemma", "llama3-wide-heads", "qwen2-yarn", "qwen2-fused", "gemma3-linear"]

    struct Recording: Decodable {
        struct Prompt: Decodable {
            var ids: [TokenID]
            /// Base64 of little-endian floats, `[positions, vocabulary]`.
            var logits: Data
        }

        var vocabulary: Int
        var prompts: [Prompt]
    }

    /// Compares the logits that an engine has for each recorded prompt of a model.
    private func check(_ name: String, logits: (Checkpoint) throws -> ([TokenID]) throws -> [Float]) throws {
        let path = Checkout.path("Tests/Conformance/Models/\(name)")
        let recording = try JSONDecoder().decode(
            Recording.self, from: Data(contentsOf: URL(filePath: path + ".json")))
        let logits = try logits(Checkpoint(path: path + ".gguf"))
        #expect(recording.prompts.count == 3)
        for prompt in recording.prompts {
            let expected = [Float](littleEndian: prompt.logits)
            #expect(expected.count == prompt.ids.count * recording.vocabulary)
            #expect(distance(try logits(prompt.ids), expected) < 2e-4)
        }
    }

    @Test(arguments: names) func inferenceIsThatOfTransformers(_ name: String) throws {
        try check(name) { checkpoint in
            let engine = try InferenceEngine(checkpoint: checkpoint)
            return { try engine.logits($0) }
        }
    }

    @Test(arguments: names) func theTrainingPassIsThatOfTransformers(_ name: String) throws {
        try check(name) { checkpoint in
            let decoder = try TrainableDecoder(checkpoint)
            return { try decoder.logits(tokens: $0) }
        }
    }
}
