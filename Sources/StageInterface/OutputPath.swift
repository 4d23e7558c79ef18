import Foundation
import Storage

/// Paths that a stage is going to write, checked before it begins.
public enum OutputPath {
    /// Checks that a file can be written, and that it is none of those that are read.
    ///
    /// - Parameters:
    ///   - option: how the path was given.
    ///   - inputs: what is read, each with the option that names it.
    /// - Throws: `StorageError`, ``StageFailure``.
    public static func check(
        _ path: String, as option: String = "--output", reading inputs: KeyValuePairs<String, String?> = [:]
    ) throws {
        try isNone(of: inputs, path, as: option)
        try AtomicFile.check(path)
    }

    /// Checks that a file is none of those that are read, by whatever name.
    public static func isNone(
        of inputs: KeyValuePairs<String, String?>, _ path: String, as option: String
    ) throws {
        guard let file = identity(path) else { return }
        for (name, input) in inputs where input.flatMap(identity) == file {
            throw StageFailure(.badInput, "\(option): \(path) is what \(name) reads, expected another path")
        }
    }

    /// What is the same for all names of a file; nil where there is none.
    private static func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
