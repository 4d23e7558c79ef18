public import Foundation

/// The path of a file that is removed when the test is done with it.
public final class ScratchFile: Sendable {
    public let path = FileManager.default.temporaryDirectory.appending(path: "retort-test-\(UUID().uuidString)").path

    public init() {}

    public convenience init(_ bytes: [UInt8]) throws {
        self.init()
        try Data(bytes).write(to: URL(filePath: path))
    }

    deinit { unlink(path) }

    public var bytes: [UInt8] { get throws { [UInt8](try Data(contentsOf: URL(filePath: path))) } }

    /// An empty file to write to.
    public func open() throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }
}
