import Foundation
import Glibc

/// A file that holds a key and nothing else, apart from white space around it.
public struct KeyFile: Sendable {
    /// The key's one word of ASCII.
    public let key: String
    /// What is to be said of the file; nil where nothing is. One that every user of the machine can read is warned of and
    /// not refused: containers mount secrets so, and there is nobody else in them.
    public let warning: String?

    /// - Throws: ``StorageError``, which does not repeat what the file holds.
    public init(path: String) throws {
        let handle = try FileHandle(readingFrom: path)
        let data = try handle.read(upToCount: 1 << 16) ?? Data()
        key = try KeyFile.word(String(decoding: data, as: UTF8.self), source: path)
        var status = stat()
        let isOpen = fstat(handle.fileDescriptor, &status) == 0 && status.st_mode & S_IROTH != 0
        warning = isOpen ? "\(path) holds a key and can be read by every user of this machine (chmod o-r \(path))" : nil
    }

    /// What messages call a variable. What no variable is called is most likely the key itself, typed in the place of the
    /// name of the variable that holds it.
    public static func words(forVariable name: String) -> String {
        let isName =
            name.utf8.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        // Keys of one kind of character are longer than names and do not keep to one case.
        let looksLikeKey = name.utf8.count >= 24 && name.contains(where: \.isLowercase)
        return isName && !looksLikeKey
            ? "environment variable \(name)" : "environment variable (its name looks like a key, and is not shown)"
    }

    /// What of a text is a key.
    ///
    /// - Parameter source: where the text comes from, for messages.
    public static func word(_ text: String, source: String) throws -> String {
        let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if !word.isEmpty, word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return word }
        let found =
            word.isEmpty
            ? "empty" : word.contains(where: \.isWhitespace) ? "several words" : "characters that are no ASCII"
        throw StorageError(.input, "API key of \(source): \(found), expected one word of ASCII")
    }
}
