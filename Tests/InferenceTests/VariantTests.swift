import Checkpoints
import Foundation
import Testing
import Tokenizers

import Inference

/// Variants of architectures that real models have, against the logits of transformers recorded beside them by
/// `Tests/Conformance/make_models.py`.
@Suite struct VariantTests {
    struct Recording: Decodable {
        struct Prompt: Decodable {
            var ids: [TokenID]
            /// Base64 of little-endian floats, `[positions, vocabulary]`.
            var logits: Data
        }

        var vocabulary: Int
        var prompts: [Prompt]
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/Models")

    @Test(arguments: ["gemma", "llama3-wide-heads", "qwen2-yarn", "qwen2-fused", "gemma3-linear"])
    func logitsAreThoseOfTransformers(_ name: String) throws {
        let path = VariantTests.folder.appending(path: name).path
        let recording = try JSONDecoder().decode(
            Recording.self, from: Data(contentsOf: URL(filePath: path + ".json")))
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: path + ".gguf"))
        #expect(recording.prompts.count == 3)
        for prompt in recording.prompts {
            let expected = prompt.logits.withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            #expect(expected.count == prompt.ids.count * recording.vocabulary)
            #expect(distance(try engine.logits(prompt.ids), expected) < 2e-4)
        }
    }
}
