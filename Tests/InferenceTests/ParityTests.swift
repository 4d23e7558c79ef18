import Adapters
import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers
import Transformers

/// What is trained is what is served: both passes give the same logits.
@Suite(.needsFixtures)
struct ParityTests {
    @Test(arguments: ["llama", "llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"])
    func trainingAndInferenceAgree(_ name: String) throws {
        let checkpoint = try Checkpoint(path: Fixtures.model(name))
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let decoder = try TrainableDecoder(checkpoint)
        for prompt in try Fixtures.recording("logits/\(name).json").prompts {
            let trained = try decoder.logits(tokens: prompt.ids)
            #expect(distance(try engine.logits(prompt.ids), trained) < 1e-4)
        }
    }

    @Test(arguments: ["llama", "qwen2"])
    func theyAgreeWithAnAdapter(_ name: String) throws {
        let checkpoint = try Checkpoint(path: Fixtures.model(name))
        let path = Fixtures.path("lora/adapter-\(name)/adapter.gguf")
        let adapter = try LowRankAdapter(path: path)
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let loaded = try engine.load(adapter)
        let decoder = try TrainableDecoder(checkpoint)
        for prompt in try Fixtures.recording("logits/\(name).json").prompts {
            let trained = try decoder.logits(tokens: prompt.ids, adapter: adapter)
            #expect(distance(try engine.logits(prompt.ids, adapter: loaded), trained) < 1e-4)
        }
    }

    @Test func theyAgreeOnAQuantizedBase() throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("quants/llama-Q4_K_M.gguf"))
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let decoder = try TrainableDecoder(checkpoint)
        let tokens = (0..<100).map { TokenID($0 * 31 % 512) }
        #expect(distance(try engine.logits(tokens), try decoder.logits(tokens: tokens)) < 1e-4)
    }
}
