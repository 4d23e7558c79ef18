import Foundation
import Storage
import Testing
import TestSupport

/// What is made under a name that others can guess: nothing is written through a link, and what was left behind goes.
@Suite struct TemporaryNameTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    @Test func whatAKilledProcessLeftIsRemovedAndWhatIsBeingMadeStays() throws {
        try scratch.write("a.gguf.4711.12345.partial", "half")
        try scratch.write("set.4711.99.partial/train.jsonl", "half")
        try scratch.write("set.4711.98.partial.old/train.jsonl", "the one before")
        try scratch.write("set/train.jsonl", "whole")
        try scratch.write("gone.4711.97.partial.old/train.jsonl", "the only one")
        // Of others: a browser's, and one whose owner lives.
        try scratch.write("download.partial", "somebody's")
        let held = open(try scratch.write("b.gguf.4712.7.partial", "on its way"), O_RDWR)
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        try AtomicFile.write("x", to: scratch.file("c"))
        #expect(
            try scratch.names == [
                "b.gguf.4712.7.partial", "c", "download.partial", "gone.4711.97.partial.old", "set",
            ])
        close(held)
    }

    /// Another process looks while this one writes.
    @Test func aFileOnItsWayIsHeld() throws {
        try AtomicFile.write(to: scratch.file("a")) { _ in
            let name = try #require(try scratch.names.first { $0.hasSuffix(".partial") })
            let other = open(scratch.file(name), O_RDONLY)
            #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
            close(other)
        }
        try AtomicDirectory.replace(scratch.file("d"), mark: "m") { folder in
            let other = open(folder, O_RDONLY)
            #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
            close(other)
            try AtomicFile.write("{}", to: "\(folder)/m")
        }
        #expect(try scratch.names == ["a", "d"])
    }

    @Test func aKilledStageLeavesNothingForTheNextRun() throws {
        let row =
            #"{"timestamp":1767000000,"request":{"model":"g","messages":[{"role":"user","content":"hi"}]},"#
            + #""response":{"choices":[{"index":0,"message":{"role":"assistant","content":"yo"},"finish_reason":"stop"}]}}"#
        let log = try scratch.write("log.jsonl", row)
        try scratch.write("out/o.jsonl.1.2.partial", "half of a killed run")
        let outcome = try Executable.run(
            "retort-pull", log, "--workspace", scratch.file("w"), "--output", scratch.file("out/o.jsonl"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("out")) == ["o.jsonl"])
    }

    @Test func aLockWritesThroughNoLink() throws {
        let victim = try scratch.write("victim", "dear")
        let lock = scratch.file("lock")
        func refusal() throws -> String? {
            let error = #expect(throws: StorageError.self) { _ = try FileLock(path: lock, purpose: "a test") }
            #expect(try String(contentsOfFile: victim, encoding: .utf8) == "dear")
            unlink(lock)
            return error?.description
        }
        #expect(symlink(victim, lock) == 0)
        #expect(try refusal() == "cannot lock \(lock): it is a symbolic link, expected a file that only locks use")
        #expect(symlink(scratch.file("nowhere"), lock) == 0)
        #expect(try refusal()?.contains("a symbolic link") == true)
        #expect(Glibc.link(victim, lock) == 0)
        #expect(try refusal()?.contains("a second name of another file") == true)
        #expect(mkfifo(lock, 0o600) == 0)
        #expect(try refusal()?.contains("a device or a pipe") == true)
        try scratch.write("lock", String(repeating: "a long letter ", count: 10))
        #expect(try refusal()?.contains("140 bytes") == true)
        #expect(try scratch.names == ["victim"])
    }

    @Test func aLockThatGoesWithItsFileStillExcludes() throws {
        let path = scratch.file("lock")
        var lock: FileLock? = try FileLock(path: path, purpose: "a test", isRemoved: true)
        #expect(throws: StorageError.self) { _ = try FileLock(path: path, purpose: "a test", isRemoved: true) }
        #expect(lock != nil)
        lock = nil
        #expect(try scratch.names == [])
        lock = try FileLock(path: path, purpose: "a test", isRemoved: true)
        #expect(try scratch.names == ["lock"])
    }

    @Test func aDatabaseIsNotMadeThroughALink() throws {
        let workspace = try Workspace(path: scratch.file("w"))
        #expect(symlink(scratch.file("elsewhere"), scratch.file("w/retort.sqlite")) == 0)
        let error = #expect(throws: StorageError.self) { try workspace.database([]) }
        #expect(error?.description.contains("it is a symbolic link, expected the database") == true)
        #expect(try scratch.names == ["w"])
    }

    /// Whatever the mask: what people wrote is for the user alone.
    @Test func aWorkspaceIsForTheUserAlone() throws {
        let workspace = try Workspace(path: scratch.file("w"))
        _ = try workspace.database([])
        let bytes = try workspace.store.put(Data("a prompt".utf8))
        let file = try workspace.store.put(file: try scratch.write("adapter", "weights"))
        func rights(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        for folder in ["w", "w/store", "w/store/sha256"] { #expect(try rights(scratch.file(folder)) == 0o700) }
        #expect(try rights(scratch.file("w/retort.sqlite")) == 0o600)
        for digest in [bytes, file] { #expect(try rights(workspace.store.path(of: digest)) == 0o600) }
        try AtomicDirectory.replace(scratch.file("set"), mark: "m") { try AtomicFile.write("{}", to: "\($0)/m") }
        #expect(try rights(scratch.file("set")) == 0o700)
    }
}
