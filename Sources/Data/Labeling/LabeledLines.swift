public import Datasets
import JSON
public import Storage

/// Labeled examples as JSON Lines, and the digest of those bytes.
public struct LabeledLines: Sendable {
    private let bytes: [UInt8]
    public let digest: ContentDigest

    public init(_ examples: [LabeledExample]) {
        bytes = JSONLines.bytes(examples.lazy.map(\.json))
        digest = ContentDigest(of: bytes)
    }

    /// Writes the file, whole or not at all, for nobody but the user: it holds what people wrote.
    public func write(to path: String) throws { try AtomicFile.write(bytes, to: path, isPrivate: true) }
}
