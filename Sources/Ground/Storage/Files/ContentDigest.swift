import Crypto
public import Foundation

/// The SHA-256 of some content: its name wherever content is kept, compared or cited. Written `sha256:<64 hex digits>`.
public struct ContentDigest: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The 64 hexadecimal digits, lower case.
    public let hex: String

    public var description: String { "sha256:\(hex)" }
    /// The first twelve digits: enough for people, never for a look-up.
    public var short: String { String(hex.prefix(12)) }

    /// Reads `sha256:<64 hex digits>`, or the digits alone; nil for anything else.
    public init?(_ text: String) {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        let isHexadecimal = digits.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        guard digits.utf8.count == 64, isHexadecimal else { return nil }
        hex = digits
    }

    init(_ digest: SHA256Digest) {
        hex = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The digest of some bytes.
    public init(of bytes: some DataProtocol) { self.init(SHA256.hash(data: bytes)) }

    /// The digest of a text's UTF-8.
    public init(of text: String) { self.init(of: Array(text.utf8)) }

    /// The digest of a file's content, read in pieces.
    public init(ofFile path: String) throws {
        let handle = try FileHandle(readingFrom: path)
        defer { try? handle.close() }
        var accumulator = Accumulator()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { accumulator.update(piece) }
        self = accumulator.finish()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = ContentDigest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "digest: '\(text)', expected sha256: and 64 hexadecimal digits")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (left: ContentDigest, right: ContentDigest) -> Bool { left.hex < right.hex }

    /// A digest made piece by piece.
    public struct Accumulator {
        private var hash = SHA256()
        public init() {}
        public mutating func update(_ bytes: some DataProtocol) { hash.update(data: bytes) }
        public mutating func update(_ text: String) { hash.update(data: Array(text.utf8)) }
        public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
        public func finish() -> ContentDigest { ContentDigest(hash.finalize()) }
    }
}
