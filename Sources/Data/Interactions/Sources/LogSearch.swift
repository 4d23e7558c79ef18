import Foundation
import Glibc

/// The logs that paths mean, and what was passed over in search of them.
///
/// In a directory, its subdirectories included, these are the files named `*.jsonl`, `*.ndjson` or `*.json`, in any
/// case, rotated (`.jsonl.1`, `.jsonl-20260105`) or compressed (`.gz`), in the order of their names. Symbolic links to
/// files of the same directory are read; those that lead out of it, and those to directories, are not followed. Only
/// regular files are opened: a pipe would wait forever.
public struct LogSearch: Sendable {
    /// A file or directory that was left out.
    public struct PassedOver: Sendable, Hashable, CustomStringConvertible {
        public var path: String
        public var reason: String
        public var description: String { "\(path): \(reason)" }
    }

    public private(set) var sources: [LogSource] = []
    public private(set) var passedOver: [PassedOver] = []
    /// The sources that are symbolic links in a directory.
    public private(set) var links: [LogSource] = []
    private var seen: Set<Data> = []
    /// The directory that is searched, without symbolic links in its path.
    private var root: String?

    /// - Throws: ``PullError`` for a path that is not there or no file, and for a directory without logs.
    public init(_ paths: [String]) throws {
        for path in paths {
            if path == "-" {
                add(path)
                continue
            }
            guard let kind = LogSearch.kind(of: path, followingLinks: true) else {
                throw PullError("cannot read \(path): no such file or directory")
            }
            switch kind {
            case S_IFDIR:
                let directory = path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
                root = LogSearch.realPath(directory)
                search(directory)
                guard sources.contains(where: { $0.path.hasPrefix(directory == "/" ? "/" : directory + "/") }) else {
                    throw PullError("no logs in \(path): expected *.jsonl, *.jsonl.gz or *.json files", hint: leftOut)
                }
            case S_IFREG: add(path)
            default:
                // What a shell opened for us, as `<(zcat log.gz)`, can be read like standard input.
                guard path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/") || path == "/dev/stdin" else {
                    throw PullError(
                        "cannot read \(path): it is a device or a pipe, expected a file or a directory",
                        hint: "give - and let standard input come from it")
                }
                add(path)
            }
        }
    }

    private var leftOut: String? {
        passedOver.isEmpty ? nil : "passed over: " + passedOver.prefix(3).map(\.description).joined(separator: "; ")
    }

    private mutating func add(_ path: String) {
        if seen.insert(Data(path.utf8)).inserted { sources.append(LogSource(path: path)) }
    }

    private static func kind(of path: String, followingLinks: Bool) -> mode_t? {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    private mutating func search(_ directory: String) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            passedOver.append(PassedOver(path: directory, reason: "cannot be read"))
            return
        }
        let base = directory == "/" ? "" : directory
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let path = "\(base)/\(name)"
            let isLog = LogSource.format(of: name) != nil
            guard !name.hasPrefix(".") else {
                if isLog { passedOver.append(PassedOver(path: path, reason: "hidden")) }
                continue
            }
            let kind = LogSearch.kind(of: path, followingLinks: false)
            let isLink = kind == S_IFLNK
            switch isLink ? LogSearch.kind(of: path, followingLinks: true) : kind {
            case S_IFDIR where !isLink: search(path)
            case S_IFDIR: leaveOut(path, "a symbolic link to a directory, which is not followed")
            case S_IFREG where isLog && isLink && leadsOut(path):
                leaveOut(path, "a symbolic link out of the folder, which is not followed; name the file itself")
            case S_IFREG where isLog:
                if isLink, !seen.contains(Data(path.utf8)) { links.append(LogSource(path: path)) }
                add(path)
            case S_IFREG: leaveOut(path, "not named as a log (*.jsonl, *.ndjson, *.json)")
            case nil: leaveOut(path, isLink ? "a symbolic link to nothing" : "cannot be read")
            default: leaveOut(path, "no regular file")
            }
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private func leadsOut(_ link: String) -> Bool {
        guard let root, let target = LogSearch.realPath(link) else { return true }
        return !target.hasPrefix(root == "/" ? "/" : root + "/")
    }

    private mutating func leaveOut(_ path: String, _ reason: String) {
        passedOver.append(PassedOver(path: path, reason: reason))
    }
}
