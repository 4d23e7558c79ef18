import Foundation
import StageInterface
import Storage

/// Text that somebody named on the command line.
enum TextFile {
    /// The UTF-8 text of a file.
    static func read(_ path: String) throws -> String {
        let bytes = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StageFailure(.badInput, "\(path): not UTF-8, expected text")
        }
        return text
    }
}
