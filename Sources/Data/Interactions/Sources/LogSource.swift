public import Foundation

/// One file of logs, or standard input.
public struct LogSource: Sendable, Hashable {
    /// `-` is standard input.
    public var path: String

    /// What messages call it.
    public var name: String { path == "-" ? "standard input" : path }

    public init(path: String) { self.path = path }

    /// Whether the file may be one JSON value (a list, or an API's page) whatever its first line is.
    var mayBeDocument: Bool { LogSource.format(of: path) == "json" }

    /// The files that paths mean: a directory stands for the logs in it, see ``LogSearch``.
    ///
    /// - Throws: ``PullError`` for a path that is not there and for a directory without such files.
    public static func files(at paths: [String]) throws -> [LogSource] { try LogSearch(paths).sources }

    /// `jsonl`, `ndjson` or `json`, as the name has it: in any case, with the number or date of a rotation after it,
    /// with `.gz` after that. nil for other names.
    static func format(of name: String) -> String? {
        var rest = Substring(name.lowercased())
        if rest.hasSuffix(".gz") { rest = rest.dropLast(3) }
        while let last = rest.utf8.last, (48...57).contains(last) || last == 0x2D || last == 0x2E || last == 0x5F {
            rest = rest.dropLast()
        }
        return ["jsonl", "ndjson", "json"].first { rest.hasSuffix(".\($0)") }
    }
}

/// Why a pull cannot be done: what was found, what was expected.
public struct PullError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?
    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
