public import Foundation
import Storage

/// One file of logs, or standard input.
public struct LogSource: Sendable, Hashable {
    /// `-` is standard input.
    public var path: String

    /// What messages call it.
    public var name: String { path == "-" ? "standard input" : path }

    public init(path: String) { self.path = path }

    /// Whether the file may be one JSON value (a list, or an API's page) and not JSON Lines.
    var mayBeDocument: Bool { path.hasSuffix(".json") || path.hasSuffix(".json.gz") }

    /// The files that paths mean: a directory stands for its `*.jsonl`, `*.jsonl.gz`, `*.json` and `*.json.gz`,
    /// subdirectories included, hidden files excluded, by name.
    ///
    /// - Throws: ``PullError`` for a path that is not there and for a directory without such files.
    public static func files(at paths: [String]) throws -> [LogSource] {
        var sources: [LogSource] = []
        var seen: Set<String> = []
        for path in paths {
            var isDirectory: ObjCBool = false
            if path != "-", !FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
                throw PullError("cannot read \(path): no such file or directory")
            }
            let found = isDirectory.boolValue ? try files(in: path) : [path]
            for file in found where seen.insert(file).inserted { sources.append(LogSource(path: file)) }
        }
        return sources
    }

    private static func files(in directory: String) throws -> [String] {
        let base = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        guard let walk = FileManager.default.enumerator(atPath: directory) else {
            throw PullError("cannot read \(directory): not a readable directory")
        }
        var files: [String] = []
        while let name = walk.nextObject() as? String {
            let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
            let isLog = [".jsonl", ".jsonl.gz", ".json", ".json.gz"].contains { name.hasSuffix($0) }
            if isLog, !isHidden { files.append("\(base)/\(name)") }
        }
        guard !files.isEmpty else {
            throw PullError("no logs in \(directory): expected *.jsonl, *.jsonl.gz or *.json files")
        }
        return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// Why a pull cannot be done: what was found, what was expected.
public struct PullError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
    public var errorDescription: String? { description }
}
