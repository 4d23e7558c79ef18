/// The parts of a path. (Foundation's own answers trap on paths of one character.)
public enum PathName {
    /// The folder that a path lies in, "." for a name alone.
    public static func folder(of path: String) -> String {
        var rest = trimmed(path)
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        rest = rest[..<slash]
        while rest.hasSuffix("/") { rest.removeLast() }
        return rest.isEmpty ? "/" : String(rest)
    }

    /// The name that a path ends with.
    public static func last(of path: String) -> String {
        let rest = trimmed(path)
        return rest.lastIndex(of: "/").map { String(rest[rest.index(after: $0)...]) } ?? String(rest)
    }

    private static func trimmed(_ path: String) -> Substring {
        var rest = Substring(path)
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        return rest
    }
}
