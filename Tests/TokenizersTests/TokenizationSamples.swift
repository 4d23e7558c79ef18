import GGUF
import Tokenizers

/// Small tokenizers made in memory.
enum TokenizationSamples {
    /// Token types as GGUF files have them.
    static let normal: Int32 = 1
    static let unknown: Int32 = 2
    static let control: Int32 = 3
    static let userDefined: Int32 = 4
    static let byte: Int32 = 6

    /// GPT-2's spelling of a byte.
    static func spelled(_ byte: UInt8) -> String {
        let others = (0..<256).filter {
            !(0x21...0x7E).contains($0) && !(0xA1...0xAC).contains($0) && !(0xAE...0xFF).contains($0)
        }
        let scalar = others.firstIndex(of: Int(byte)).map { UInt32(256 + $0) } ?? UInt32(byte)
        return Unicode.Scalar(scalar).map(String.init) ?? ""
    }

    /// Byte-level: one token for each byte (its id is the byte), then what the merges make, then further tokens.
    static func bytePairMetadata(
        merges: [String] = [], more: [(text: String, type: Int32)] = [], preTokenizer: String = "gpt-2"
    ) -> GGUFMetadata {
        var texts = (0..<256).map { spelled(UInt8($0)) }
        for merge in merges {
            let product = merge.replacing(" ", with: "")
            if !texts.contains(product) { texts.append(product) }
        }
        let types = Array(repeating: normal, count: texts.count) + more.map(\.type)
        texts += more.map(\.text)
        var metadata = GGUFMetadata()
        metadata.set("tokenizer.ggml.model", "gpt2")
        metadata.set("tokenizer.ggml.pre", preTokenizer)
        metadata.set("tokenizer.ggml.tokens", .array(GGUFArray(texts)))
        metadata.set("tokenizer.ggml.token_type", .array(GGUFArray(types)))
        metadata.set("tokenizer.ggml.merges", .array(GGUFArray(merges)))
        return metadata
    }

    /// SentencePiece: `<unk>`, `<s>`, `</s>`, the 256 byte tokens if wanted (3…258), and then these pieces.
    static func sentencePieceMetadata(
        pieces: [(text: String, score: Float)], hasBytes: Bool = true, more: [(text: String, type: Int32)] = []
    ) -> GGUFMetadata {
        var texts = ["<unk>", "<s>", "</s>"]
        var types = [unknown, control, control]
        if hasBytes {
            for byte in 0..<256 {
                let digits = String(byte, radix: 16, uppercase: true)
                texts.append("<0x\(digits.count < 2 ? "0" : "")\(digits)>")
                types.append(self.byte)
            }
        }
        var scores = [Float](repeating: 0, count: texts.count)
        texts += pieces.map(\.text) + more.map(\.text)
        scores += pieces.map(\.score) + more.map { _ in 0 }
        types += pieces.map { _ in normal } + more.map(\.type)
        var metadata = GGUFMetadata()
        metadata.set("tokenizer.ggml.model", "llama")
        metadata.set("tokenizer.ggml.tokens", .array(GGUFArray(texts)))
        metadata.set("tokenizer.ggml.token_type", .array(GGUFArray(types)))
        metadata.set("tokenizer.ggml.scores", .array(GGUFArray(scores)))
        return metadata
    }
}
