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
}
