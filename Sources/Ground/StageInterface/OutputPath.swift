import Foundation
import Storage

/// Paths that a stage is going to write, checked before it begins.
public enum OutputPath {
    /// Paths by the options that name them; nil for an option that was not given.
    public typealias Named = KeyValuePairs<String, String?>

    /// Checks that a file can be written, and that it is none of those that are read.
    ///
    /// - Parameters:
    ///   - option: how the path was given.
    ///   - inputs: what is read, each with the option that names it.
    ///   - others: what is written as well.
    /// - Throws: `StorageError`, ``StageFailure``.
    public static func check(
        _ path: String, as option: String = "--output", reading inputs: Named = [:], beside others: Named = [:]
    ) throws {
        guard path != "-" else {
            throw StageFailure(
                .badInput, "\(option): '-', expected a path", hint: "./- is a file of this name; /dev/stdout is no file"
            )
        }
        try isNone(of: inputs, path, as: option)
        for (name, other) in others where other.map({ areSame(path, $0) }) ?? false {
            throw StageFailure(.badInput, "\(option): \(path) is what \(name) writes, expected another path")
        }
        try AtomicFile.check(path)
    }

    /// Checks that a file is none of those that are read, by whatever name.
    public static func isNone(of inputs: Named, _ path: String, as option: String) throws {
        for (name, input) in inputs where input.map({ areSame(path, $0) }) ?? false {
            throw StageFailure(.badInput, "\(option): \(path) is what \(name) reads, expected another path")
        }
    }

    private static func areSame(_ one: String, _ other: String) -> Bool {
        !identities(one).isDisjoint(with: identities(other))
    }

    /// What is the same for all names of a file: the system's number for it, and, since folders that lie on the way may be
    /// made first, that of the path without what leads away and back.
    private static func identities(_ path: String) -> Set<String> {
        let plain = URL(fileURLWithPath: path).standardizedFileURL.path
        var found: Set = [plain]
        for name in [path, plain] {
            var status = stat()
            if stat(name, &status) == 0 { found.insert("\(status.st_dev):\(status.st_ino)") }
        }
        return found
    }
}
