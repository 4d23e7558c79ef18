import JSON
import PlainText

/// A stranger's text made fit for a message: short, without control characters, without secrets, and without what it
/// quotes of the request.
public struct ShownWords: Sendable {
    /// The most bytes that are shown of a server's words.
    static let limit = 240
    /// So many equal bytes in a row are a quotation.
    private static let quotation = 16

    public let text: String

    /// - Parameter limit: the most bytes that are shown.
    public init(_ text: String, limit: Int) { self.init(text, limit: limit, key: nil, hiding: []) }

    /// - Parameters:
    ///   - key: the secret that the request carried.
    ///   - prompts: the texts that the request held.
    init(_ text: String, limit: Int = ShownWords.limit, key: APIKey? = nil, hiding prompts: [String] = []) {
        var bytes = Array(text.utf8.prefix(8 * limit))
        if let key { ShownWords.mask(&bytes, Array(key.secret.utf8)) }
        for prompt in prompts {
            let prompt = Array(prompt.utf8)
            if prompt.count >= 3 { ShownWords.mask(&bytes, prompt) }
            ShownWords.maskQuotations(&bytes, of: prompt)
        }
        let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace || ShownWords.isControl($0) }
        let shown = words.map { ShownWords.isSecret($0) ? "…" : String($0) }.joined(separator: " ")
        self.text = ShownWords.cut(shown, limit)
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        // A cut in the middle of a character leaves a replacement character.
        let start = String(decoding: text.utf8.prefix(limit), as: UTF8.self)
        return String(start.reversed().drop { $0 == "\u{FFFD}" }.reversed()) + "…"
    }

    /// Control characters, those that change the direction of writing, and such that show nothing.
    private static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
            default: false
            }
        }
    }

    /// What looks like a key: a known beginning, or a long run of letters and digits mixed.
    private static func isSecret(_ word: Substring) -> Bool {
        let bare = word.drop { !$0.isLetter && !$0.isNumber }
        if ["sk-", "sk_", "pk-", "xai-", "gsk_", "AIza", "hf_", "key-"].contains(where: bare.hasPrefix), bare.count > 8
        {
            return true
        }
        let isRun = bare.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".")
        }
        return isRun && bare.utf8.count >= 32 && bare.contains(where: \.isNumber) && bare.contains(where: \.isLetter)
    }

    private static func mask(_ bytes: inout [UInt8], _ secret: [UInt8]) {
        var rest = bytes[...]
        var kept: [UInt8] = []
        while !secret.isEmpty, let range = rest.place(of: secret) {
            kept += rest[..<range.lowerBound]
            kept += "…".utf8
            rest = rest[range.upperBound...]
        }
        bytes = kept + rest
    }

    /// Takes out every run of bytes that stands in a prompt as well.
    private static func maskQuotations(_ bytes: inout [UInt8], of prompt: [UInt8]) {
        guard prompt.count >= quotation, bytes.count >= quotation else { return }
        var windows: [ArraySlice<UInt8>: [Int]] = [:]
        for start in 0...bytes.count - quotation {
            windows[bytes[start..<start + quotation], default: []].append(start)
        }
        var isQuoted = [Bool](repeating: false, count: bytes.count)
        for start in 0...prompt.count - quotation {
            for place in windows[prompt[start..<start + quotation]] ?? [] {
                for index in place..<place + quotation { isQuoted[index] = true }
            }
        }
        var kept: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if !isQuoted[index] {
                kept.append(byte)
            } else if index == 0 || !isQuoted[index - 1] {
                kept += "…".utf8
            }
        }
        bytes = kept
    }
}
