import GGUF
import TestSupport
import Tokenizers

/// The vocabularies in the folder beside the checkout.
enum VocabularyFixtures {
    static let names = ["gpt-2", "llama-bpe", "llama-spm", "phi-3", "qwen2"]

    static func tokenizer(_ path: String) throws -> Tokenizer {
        try Tokenizer(metadata: GGUFFile(path: Checkout.shared(path)).metadata)
    }

    static func vocabulary(_ name: String) throws -> Tokenizer {
        try tokenizer("fixtures/tokenizers/ggml-vocab-\(name).gguf")
    }
}
