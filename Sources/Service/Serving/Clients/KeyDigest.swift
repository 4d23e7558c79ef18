import Storage

/// The digest of a key that clients bring: all that is kept of it, so that neither a file nor memory tells what it is.
struct KeyDigest: Sendable {
    private let words: SIMD4<UInt64>

    init(_ digest: ContentDigest) {
        var words = SIMD4<UInt64>()
        for (index, digit) in digest.hex.utf8.enumerated() {
            words[index / 16] = words[index / 16] << 4 | UInt64(digit & 0xF) + (digit > UInt8(ascii: "9") ? 9 : 0)
        }
        self.words = words
    }

    init(ofKey key: String) { self.init(ContentDigest(of: key)) }

    /// Whether both are of the same key, found in the same time whatever they have in common.
    func matches(_ other: KeyDigest) -> Bool {
        let difference = words ^ other.words
        return difference[0] | difference[1] | difference[2] | difference[3] == 0
    }
}
