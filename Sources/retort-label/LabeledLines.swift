import Conversations
import Datasets
import Foundation
import Storage

/// Labeled examples as JSON Lines, and the digest of those bytes.
struct LabeledLines {
    private let bytes: [UInt8]
    let digest: ContentDigest

    init(_ examples: [LabeledExample]) {
        var bytes: [UInt8] = []
        for example in examples {
            bytes += example.json.serializedBytes()
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
        digest = ContentDigest(of: bytes)
    }

    func write(to path: String) throws { try AtomicFile.write(bytes, to: path) }
}
