/// A name that points at a version: the only record at rest that changes.
public struct RegistryAlias: Sendable, Hashable {
    public var name: String
    public var alias: String
    public var version: Int
    /// The history entry that put the alias here.
    public var sequence: Int
}
