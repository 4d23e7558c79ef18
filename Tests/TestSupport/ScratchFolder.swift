public import Foundation

/// A folder of its own for one test, gone with the last reference to it.
public final class ScratchFolder: Sendable, CustomStringConvertible {
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "retort-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("cannot remove \(path): \(error)") }
    }

    /// The path, so that a longer one can be written around it.
    public var description: String { path }

    /// The names of what is in it, sorted.
    public var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// The path of a file in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// What a file in it says.
    public func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    /// Writes a file, in a folder that may not be there yet, and gives its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

    /// Writes a file, in a folder that may not be there yet, and gives its path.
    @discardableResult
    public func write(_ name: String, _ data: Data) throws -> String {
        let url = URL(filePath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
        return url.path
    }
}

/// Calls `body` with the path of a folder that is gone afterwards.
public func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try ScratchFolder()
    return try withExtendedLifetime(folder) { try body(folder.path) }
}
