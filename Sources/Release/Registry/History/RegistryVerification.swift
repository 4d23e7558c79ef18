public import Storage

/// What a verification found.
public struct RegistryVerification: Sendable, Hashable {
    public var versions: Int
    public var entries: Int
    /// The digest of the newest history entry. Noted elsewhere, it proves later that nothing was cut off.
    public var head: ContentDigest?
    /// Everything wrong, each with the name of what is damaged; empty when all is as it was registered.
    public var problems: [String]
}
