public import Storage

/// A key for a client to bring, and the digest by which the clients' file knows it.
public struct ClientKey: Sendable {
    public let text: String
    public var digest: ContentDigest { ContentDigest(of: text) }

    /// Shorter ones can be guessed by whoever reads their digests.
    private static let leastLength = 20

    /// A new key, of 256 random bits.
    public static func random() -> ClientKey {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<4).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return ClientKey("rtk-" + digits.joined())
    }

    private init(_ text: String) { self.text = text }

    /// A key that exists already.
    ///
    /// - Parameter source: what messages call the place that it came from.
    /// - Throws: ``ServingError`` for what is no word of ASCII, or so short that its digest would give it away.
    public init(_ text: String, source: String) throws {
        let secret = try KeyFile.word(text, source: source)
        guard secret.utf8.count >= ClientKey.leastLength else {
            throw ServingError(
                "API key of \(source): \(secret.utf8.count) characters, expected at least \(ClientKey.leastLength): "
                    + "a shorter one can be found by trying, for its digest lies in a file",
                hint: "retort-serve key makes a new one")
        }
        self.init(secret)
    }
}
