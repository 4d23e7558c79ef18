public import Foundation

/// A folder of files named by the digest of what they hold. Nothing in it ever changes; reading verifies.
public struct ContentStore: Sendable {
    /// The folder.
    public let path: String

    public init(path: String) { self.path = path }

    /// Where content of a digest lies, or would.
    public func path(of digest: ContentDigest) -> String { "\(path)/sha256/\(digest.hex.prefix(2))/\(digest.hex)" }

    public func contains(_ digest: ContentDigest) -> Bool { FileManager.default.fileExists(atPath: path(of: digest)) }

    /// Keeps bytes, for the user alone; content that is there already is left as it is.
    @discardableResult
    public func put(_ bytes: Data) throws -> ContentDigest {
        let digest = ContentDigest(of: bytes)
        if !contains(digest) {
            try makeFolder(of: digest)
            try AtomicFile.write(bytes, to: path(of: digest), isPrivate: true)
        }
        return digest
    }

    /// Keeps a copy of a file, likewise.
    @discardableResult
    public func put(file source: String) throws -> ContentDigest {
        let digest = try ContentDigest(ofFile: source)
        guard !contains(digest) else { return digest }
        try makeFolder(of: digest)
        let copied = try AtomicFile.write(to: path(of: digest), isPrivate: true) { target in
            let input = try FileHandle(readingFrom: source)
            var accumulator = ContentDigest.Accumulator()
            while let piece = try input.read(upToCount: 1 << 20), !piece.isEmpty {
                accumulator.update(piece)
                try target.writeAll(piece)
            }
            let found = accumulator.finish()
            guard found == digest else {
                throw StorageError(.input, "\(source) changed while it was copied", hint: "run it again")
            }
            return found
        }
        return copied
    }

    private func makeFolder(of digest: ContentDigest) throws {
        try AtomicFile.makeDirectory(PathName.folder(of: path(of: digest)), isPrivate: true)
    }

    /// The content of a digest, verified.
    public func data(of digest: ContentDigest) throws -> Data {
        let data = try FileHandle(readingFrom: path(of: digest)).readToEnd() ?? Data()
        try check(ContentDigest(of: data), against: digest)
        return data
    }

    /// Verifies content in place and gives its path, for what is memory-mapped.
    public func verifiedPath(of digest: ContentDigest) throws -> String {
        let path = path(of: digest)
        try check(try ContentDigest(ofFile: path), against: digest)
        return path
    }

    private func check(_ found: ContentDigest, against expected: ContentDigest) throws {
        guard found == expected else {
            throw StorageError(
                .input, "\(path(of: expected)) is damaged: it has digest \(found), expected \(expected)",
                hint: "restore it from a copy, or run the stage that makes it again")
        }
    }
}
