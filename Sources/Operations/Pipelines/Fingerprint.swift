public import Storage

/// Everything that decides whether a stage must run again, piece by piece, so that a difference has a name.
public struct Fingerprint: Sendable, Codable, Hashable {
    /// What each piece is, and its digest or its text: `program`, `arguments`, `reads PATH`, `needs STAGE.OUTPUT`.
    public var pieces: [String: String]

    /// The digest over all pieces.
    public var digest: ContentDigest {
        ContentDigest(of: pieces.sorted { $0.key < $1.key }.map { "\($0.key)\0\($0.value)\n" }.joined())
    }

    /// The names of the pieces in which two fingerprints differ, sorted.
    public func differences(from other: Fingerprint) -> [String] {
        Set(pieces.keys).union(other.pieces.keys).filter { pieces[$0] != other.pieces[$0] }.sorted()
    }
}
