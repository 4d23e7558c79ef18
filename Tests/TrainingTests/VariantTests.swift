import Checkpoints
import Foundation
import Testing
import Transformers

/// The training pass on variants of architectures that real models have, against the logits of transformers recorded
/// beside them by `Tests/Conformance/make_models.py`.
@Suite struct VariantTests {
    struct Recording: Decodable {
        struct Prompt: Decodable {
            var ids: [Int32]
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
        let decoder = try TrainableDecoder(Checkpoint(path: path + ".gguf"))
        #expect(recording.prompts.count == 3)
        for prompt in recording.prompts {
            let expected = prompt.logits.withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            #expect(expected.count == prompt.ids.count * recording.vocabulary)
            let logits = try decoder.logits(tokens: prompt.ids)
            #expect(logits.count == expected.count)
            #expect((zip(logits, expected).map { abs($0 - $1) }.max() ?? .infinity) < 2e-4)
        }
    }
}
