import Foundation

/// An input as it is compared with others.
struct ComparableText: Sendable, Hashable {
    /// Equal for texts that differ only in case, white space and forms of the same character (NFKC).
    let key: String
    /// Letters and digits with single spaces, every digit as 0: an order number does not make a message another one.
    /// Of a text without any, its key.
    let words: String

    init(_ text: String) {
        key = text.precomposedStringWithCompatibilityMapping.lowercased()
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var words = ""
        var isGap = false
        for scalar in key.unicodeScalars {
            let isDigit = scalar.properties.numericType != nil
            guard isDigit || scalar.properties.isAlphabetic else {
                isGap = true
                continue
            }
            if isGap, !words.isEmpty { words += " " }
            isGap = false
            words.unicodeScalars.append(isDigit ? "0" : scalar)
        }
        self.words = words.isEmpty ? key : words
    }

    /// How many characters make a shingle.
    static let shingleLength = 4

    /// The hashes (FNV-1a) of every run of ``shingleLength`` characters, spaces added at both ends; sorted, each once.
    var shingles: [UInt64] {
        let scalars = Array(" \(words) ".unicodeScalars)
        let count = max(1, scalars.count - ComparableText.shingleLength + 1)
        var hashes: [UInt64] = []
        hashes.reserveCapacity(count)
        for start in 0..<count {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for scalar in scalars[start..<min(scalars.count, start + ComparableText.shingleLength)] {
                for shift in stride(from: 0, to: 24, by: 8) {
                    hash = (hash ^ UInt64(scalar.value >> UInt32(shift) & 0xFF)) &* 0x100_0000_01B3
                }
            }
            hashes.append(hash)
        }
        hashes.sort()
        var last: UInt64?
        hashes.removeAll { hash in
            defer { last = hash }
            return hash == last
        }
        return hashes
    }
}
