import GGUF
import Testing
import TestSupport

@Suite struct GGUFFileTests {
    /// What `gguf-dump` of the `gguf` package says about the file.
    @Test(.needsFixtures)
    func readsWhatTheReferenceReads() throws {
        let file = try GGUFFile(path: Fixtures.path("models/llama.gguf"))
        #expect(file.version == 3)
        #expect(file.metadata.count == 29)
        #expect(try file.metadata.string("general.architecture") == "llama")
        #expect(try file.metadata.integer("llama.block_count") == 2)
        #expect(try file.metadata.number("llama.attention.layer_norm_rms_epsilon") == Double(Float(1e-5)))
        #expect(try file.metadata.stringBytes("tokenizer.ggml.tokens").count == 512)
        #expect(try file.metadata.boolean("tokenizer.ggml.add_bos_token"))
        #expect(file.tensors.count == 21)
        #expect(file.tensors.first?.name == "output.weight")
        let down = try #require(file.tensor("blk.0.ffn_down.weight"))
        #expect(down.type == .f32)
        #expect(down.dimensions == [512, 256])
        #expect(down.byteCount == 512 * 256 * 4)
        let bytes = file.bytes(of: down)
        #expect(bytes.count == down.byteCount)
        #expect(bytes.load(as: Float.self) == -0.04067315)
        #expect(file.tensor("blk.2.ffn_down.weight") == nil)
    }
}
