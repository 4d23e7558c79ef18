import Foundation
import Storage
import Testing
import TestSupport

@Suite struct AtomicFileTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private struct Stop: Error {}

    @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
        let path = scratch.file("a.txt")
        try AtomicFile.write("old", to: path)
        #expect(throws: Stop.self) {
            try AtomicFile.write(to: path) { handle in
                try handle.writeAll("half".utf8)
                throw Stop()
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try scratch.names == ["a.txt"])
    }

    @Test func aFullDeviceIsNamedAndNothingIsLeft() throws {
        // /dev/full takes the open and refuses every write, as a full disk does.
        let error = #expect(throws: StorageError.self) {
            let handle = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            try handle.writeAll(Array(repeating: UInt8(1), count: 4096))
        }
        #expect(error?.description == "cannot write: No space left on device")
        let path = scratch.file("b.txt")
        let outer = #expect(throws: StorageError.self) {
            try AtomicFile.write(to: path) { _ in
                throw StorageError(.device, "cannot write: No space left on device")
            }
        }
        #expect(outer?.description == "cannot write \(path): cannot write: No space left on device")
        #expect(try scratch.names == [])
    }

    @Test func makesTheFoldersAbove() throws {
        try AtomicFile.write("x", to: scratch.file("one/two/three"))
        #expect(try String(contentsOfFile: scratch.file("one/two/three"), encoding: .utf8) == "x")
    }

    @Test func aFileInPlaceOfAFolderIsAnError() throws {
        try AtomicFile.write("x", to: scratch.file("one"))
        #expect(throws: StorageError.self) { try AtomicFile.write("y", to: scratch.file("one/two")) }
    }

    @Test func aFileTakesThePlaceOfNothingButAFile() throws {
        let pipe = scratch.file("pipe"), folder = scratch.file("folder")
        #expect(mkfifo(pipe, 0o600) == 0)
        try AtomicFile.makeDirectory(folder)
        for (path, kind) in [(pipe, "a device or a pipe"), (folder, "a directory")] {
            let error = #expect(throws: StorageError.self) { try AtomicFile.write("x", to: path) }
            #expect(error?.description == "cannot write \(path): it is \(kind), expected a file")
        }
        var status = stat()
        #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try scratch.names == ["folder", "pipe"])
    }

    @Test(arguments: [(".", "it is a directory, expected a file"), ("", "no path, expected one")])
    func whatIsNoNameOfAFileIsAnError(path: String, reason: String) {
        let error = #expect(throws: StorageError.self) { try AtomicFile.check(path) }
        #expect(error?.description == "cannot write \(path.isEmpty ? "''" : path): \(reason)")
    }

    @Test func aFolderIsMadeOrTheReasonSaid() throws {
        try AtomicFile.makeDirectory(scratch.file("a/b//c/"))
        try AtomicFile.makeDirectory(scratch.file("a"))
        try AtomicFile.makeDirectory(".")
        try AtomicFile.makeDirectory("/")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("a/b")) == ["c"])
        try AtomicFile.write("x", to: scratch.file("file"))
        try AtomicFile.check(scratch.file("a/new/file"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("a")) == ["b"])
        for path in [scratch.file("file/below"), scratch.file("file/below/that")] {
            let error = #expect(throws: StorageError.self) { try AtomicFile.check(path) }
            #expect(error?.description == "cannot write \(path): Not a directory")
        }
        for path in [scratch.file("file"), scratch.file("file/below")] {
            let error = #expect(throws: StorageError.self) { try AtomicFile.makeDirectory(path) }
            #expect(error?.description == "cannot make the directory \(path): Not a directory")
        }
    }

    @Test(arguments: [
        ("a", "."), ("./a", "."), ("a/b", "a"), ("a/b/", "a"), ("/a", "/"), ("/", "/"), (".", "."), ("a//b", "a"),
        ("", "."),
    ]) func theFolderOfAPath(path: String, folder: String) { #expect(PathName.folder(of: path) == folder) }

    @Test(arguments: [
        ("a", "a"), ("ä", "ä"), ("./a", "a"), ("a/b", "b"), ("a/b/", "b"), ("/a", "a"), ("/", ""), (".", "."), ("", ""),
    ]) func theNameOfAPath(path: String, name: String) { #expect(PathName.last(of: path) == name) }

    @Test func aFolderOfSomebodyElseIsNotReplaced() throws {
        let path = scratch.file("mine")
        try AtomicFile.write("dear", to: path + "/letter.txt")
        func replace() throws {
            try AtomicDirectory.replace(path, mark: "manifest.json") {
                try AtomicFile.write("{}", to: $0 + "/manifest.json")
            }
        }
        let error = #expect(throws: StorageError.self) { try replace() }
        #expect(
            error?.description
                == "cannot write \(path): it holds other files and no manifest.json, expected a new or empty folder")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["letter.txt"])
        try FileManager.default.removeItem(atPath: path + "/letter.txt")
        try replace()
        try replace()
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["manifest.json"])
        #expect(try scratch.names == ["mine"])
    }
}
