public import GRDB

/// One named change of the database's shape, kept beside the records that need it. Never edited once released.
public struct Migration: Sendable {
    /// `<module>-<number>-<what>`, unique for ever.
    public let name: String
    let change: @Sendable (Database) throws -> Void

    public init(_ name: String, _ change: @escaping @Sendable (Database) throws -> Void) {
        self.name = name
        self.change = change
    }

    /// Makes the change in a database that has all before it: a fresh one, to see what comes out.
    public func apply(to database: Database) throws { try change(database) }
}
