public import Foundation

/// Why a tokenizer cannot be made from a model's metadata, or a text not be encoded with it.
public enum TokenizerError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    /// `tokenizer.ggml.model` names a kind of tokenizer that is not there yet.
    case unsupportedModel(String)
    /// `tokenizer.ggml.pre` names a pre-tokenizer that is not known.
    case unknownPreTokenizer(String)
    /// Metadata that contradicts itself: the key, and what is wrong with it.
    case invalidMetadata(key: String, problem: String)
    /// A character for which the vocabulary has neither a token nor byte tokens.
    case unencodableCharacter(UInt32, utf8Offset: Int)
    /// A text too long for 32-bit offsets.
    case textTooLong(byteCount: Int)

    public var description: String {
        switch self {
        case .unsupportedModel(let name):
            "tokenizer.ggml.model: \"\(name)\" is not supported yet, expected llama (SentencePiece) or gpt2"
                + " (byte-level BPE)"
        case .unknownPreTokenizer(let name):
            "tokenizer.ggml.pre: unknown pre-tokenizer \"\(name)\", expected one of "
                + PreTokenizer.supportedNames.joined(separator: ", ")
        case .invalidMetadata(let key, let problem): "\(key): \(problem)"
        case .unencodableCharacter(let scalar, let offset):
            "text cannot be encoded: the vocabulary has no token for U+\(TokenizerError.hexadecimal(scalar)) at byte"
                + " \(offset), expected one of its characters (it has no byte tokens)"
        case .textTooLong(let byteCount):
            "text is too long: \(byteCount) bytes, expected fewer than \(Int32.max / 2)"
        }
    }

    public var errorDescription: String? { description }

    private static func hexadecimal(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
