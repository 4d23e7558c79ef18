/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String
    /// The byte at which the parser stopped, from 0.
    public var offset: Int
    /// Line and column of that byte, from 1.
    public var line: Int
    public var column: Int

    public var description: String { "not valid JSON: \(reason) at line \(line), column \(column)" }
}
