import Conversations
public import Datasets
public import Storage

/// Labeled examples as JSON Lines, and the digest of those bytes.
public struct LabeledLines: Sendable {
    private let bytes: [UInt8]
    public let digest: ContentDigest

    public init(_ examples: [LabeledExample]) {
        var bytes: [UInt8] = []
        for example in examples {
            bytes += example.json.serializedBytes()
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
        digest = ContentDigest(of: bytes)
    }

    /// Writes the file, whole or not at all, for nobody but the user: it holds what people wrote.
    public func write(to path: String) throws { try AtomicFile.write(bytes, to: path, isPrivate: true) }
}
