import Adapters
import Autograd
import Checkpoints
import JSON
import Testing
import TestSupport
import Transformers

/// The training pass against logits recorded from transformers.
@Suite(.needsFixtures) struct LogitsTests {
    @Test(arguments: ["llama", "llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"])
    func logitsEqualTransformers(model: String) throws {
        let decoder = try TrainableDecoder(Checkpoint(path: Fixtures.path("models/\(model).gguf")))
        let index = try Fixtures.json("logits/\(model).json")
        let prompts = index["prompts"]?.arrayValue ?? []
        #expect(prompts.count >= 2)
        for prompt in prompts {
            let ids = (prompt["ids"]?.integers ?? []).map { Int32($0) }
            let logits = try decoder.logits(tokens: ids)
            let first = prompt["first_position"]?.integerValue ?? 0
            let vocabulary = decoder.output.vocabularySize
            let recorded = try Fixtures.floats(
                "logits/\(prompt["hf"]?["file"]?.stringValue ?? "")",
                offset: prompt["hf"]?["offset"]?.integerValue ?? 0,
                count: (ids.count - first) * vocabulary)
            let difference = zip(logits[(first * vocabulary)...], recorded).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < (ids.count > 200 ? 5e-4 : 2e-4), Comment(rawValue: model))
        }
    }

    @Test(arguments: ["llama", "qwen2"]) func logitsWithAnAdapterEqualThoseOfPEFT(model: String) throws {
        let decoder = try TrainableDecoder(Checkpoint(path: Fixtures.path("models/\(model).gguf")))
        let adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-\(model)/adapter.gguf"))
        let index = try Fixtures.json("lora/adapter-\(model)/logits.json")
        let prompts = index["prompts"]?.arrayValue ?? []
        #expect(prompts.count >= 2)
        for prompt in prompts {
            let ids = (prompt["ids"]?.integers ?? []).map { Int32($0) }
            let logits = try decoder.logits(tokens: ids, adapter: adapter)
            let recorded = try Fixtures.floats(
                "lora/adapter-\(model)/\(prompt["hf"]?["file"]?.stringValue ?? "")",
                offset: prompt["hf"]?["offset"]?.integerValue ?? 0, count: logits.count)
            #expect((zip(logits, recorded).map { abs($0 - $1) }.max() ?? .infinity) < 2e-4)
        }
    }

    @Test func tokensOutsideTheVocabularyAreRefused() throws {
        let decoder = try TrainableDecoder(Checkpoint(path: Fixtures.path("models/llama.gguf")))
        #expect(throws: TransformerError("token 1: id 512, expected 0 to 511")) {
            _ = try decoder.logits(tokens: [3, 512])
        }
        #expect(throws: TransformerError("tokens: none, expected at least one")) { _ = try decoder.logits(tokens: []) }
    }
}
