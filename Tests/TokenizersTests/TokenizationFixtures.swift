import Foundation
import GGUF
import JSON
import TestSupport
import Tokenizers

/// What llama.cpp made of many texts, in the folder beside the checkout (its README says how it was made).
enum TokenizationFixtures {
    static let vocabularies = ["gpt-2", "llama-bpe", "llama-spm", "phi-3", "qwen2"]

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Data(contentsOf: URL(filePath: Checkout.shared(name))))
    }

    static func tokenizer(_ name: String) throws -> Tokenizer {
        try Tokenizer(metadata: GGUFFile(path: Checkout.shared(name)).metadata)
    }

    static func vocabulary(_ name: String) throws -> Tokenizer {
        try tokenizer("fixtures/tokenizers/ggml-vocab-\(name).gguf")
    }
}

extension JSONValue {
    /// An array of token ids.
    var tokenIDs: [TokenID]? { arrayValue?.compactMap { $0.integerValue.map(TokenID.init) } }

    /// A recorded text: `{"text": …}`, or `{"bytes_hex": …}` where it is not UTF-8.
    var recordedBytes: [UInt8]? {
        if let text = self["text"]?.stringValue { return Array(text.utf8) }
        guard let digits = self["bytes_hex"]?.stringValue.map(Array.init) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}
