import Foundation
import GRDB
import Registry
import Storage
import Testing
import TestSupport

/// The real `retort-registry`, run as a user runs it.
@Suite(.ownThreads) struct CommandTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ arguments: String...) throws -> Executable.Outcome {
        try Executable.run("retort-registry", arguments + ["--workspace", scratch.workspacePath])
    }

    @Test func refusalsEndWithThree() throws {
        let good = try scratch.adapter("a"), bad = try scratch.adapter("b")
        let passed = try scratch.report(of: good, passed: true)
        let failed = try scratch.report(of: bad, passed: false)
        #expect(try run("register", "intent", "--artifact", good, "--evaluation", passed).output == "intent:1\n")
        #expect(try run("register", "intent", "--artifact", bad, "--evaluation", failed).output == "intent:2\n")
        #expect(try run("register", "intent", "--artifact", bad).output == "intent:3\n")
        #expect(try run("register", "intent", "--artifact", bad, "--evaluation", passed).status == 3)
        #expect(try run("promote", "intent", "1", "--alias", "production").status == 64)
        #expect(try run("promote", "intent", "1", "--alias", "production", "--reason", "a start").status == 0)
        let refused = try run("promote", "intent:2", "--alias", "production", "--reason", "it is newer")
        #expect(refused.status == 3)
        #expect(refused.errors.contains("error: intent:2 did not pass its evaluation"))
        #expect(refused.errors.contains("hint: retort-registry promote intent:2 --override REASON"))
        #expect(try run("promote", "intent", "3", "--reason", "r").status == 3)
        #expect(try run("promote", "intent:4", "--reason", "r").status == 1)
        #expect(try run("promote", "intent", "2", "--override", " ").status == 1)
        #expect(try run("promote", "intent", "2", "--override", "needed today", "--by", "ada").status == 0)
        let history = try run("history", "intent")
        #expect(history.output.contains("override: \"needed today\""))
        #expect(try run("rollback", "intent", "--reason", "too slow").output == "intent:1\n")
        #expect(try run("rollback", "intent").status == 64)
        #expect(try run("show", "intent", "@production", "--json").output.contains(#""version":1"#))
        #expect(try run("verify").status == 0)
    }

    @Test func damageEndsWithThreeAndIsNamed() throws {
        let version = try scratch.register(of: "a")
        let path = try scratch.registry().store.path(of: version.artifact)
        try Data("rot".utf8).write(to: URL(fileURLWithPath: path))
        let outcome = try run("verify", "--json")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("artifact of intent:1"))
        #expect(outcome.errors.contains(version.artifact.hex))
        #expect(outcome.output.contains(#""status":"failed""#))
    }

    @Test func missingFileIsNamed() throws {
        let outcome = try run("register", "intent", "--artifact", "/nowhere/a.gguf")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("/nowhere/a.gguf: file: cannot read it: No such file or directory"))
    }

    /// The artifact is in the store, the record is not written yet: the worst moment to die.
    @Test func killBetweenStoreAndRecordLosesNothing() throws {
        try scratch.register(of: "a")
        let artifact = try scratch.adapter("b")
        let digest = try ContentDigest(ofFile: artifact)
        let registry = try scratch.registry()
        let other = try DatabaseQueue(path: "\(scratch.workspacePath)/retort.sqlite")
        try other.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            let process = try Executable.start(
                "retort-registry",
                ["register", "intent", "--artifact", artifact, "--workspace", scratch.workspacePath])
            let deadline = Date().addingTimeInterval(120)
            while !registry.store.contains(digest), Date() < deadline { usleep(2000) }
            #expect(registry.store.contains(digest))
            usleep(50_000)
            #expect(process.isRunning)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try database.execute(sql: "ROLLBACK")
        }
        #expect(try registry.versions().count == 1)
        let argument = ["register", "intent", "--artifact", artifact]
        #expect(try run(argument[0], argument[1], argument[2], argument[3]).output == "intent:2\n")
        #expect(try run(argument[0], argument[1], argument[2], argument[3]).output == "intent:2\n")
        #expect(try registry.versions().count == 2)
        #expect(try registry.verify().problems.isEmpty)
    }

    @Test func killAnywhereRegistersOnce() throws {
        let artifact = try scratch.adapter("a")
        let report = try scratch.report(of: artifact, passed: true)
        let arguments = [
            "register", "intent", "--artifact", artifact, "--evaluation", report, "--workspace",
            scratch.workspacePath,
        ]
        for delay in stride(from: 4_000, through: 80_000, by: 8_000) {
            let process = try Executable.start("retort-registry", arguments)
            usleep(UInt32(delay))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try Executable.run("retort-registry", arguments).status == 0)
        let registry = try scratch.registry()
        #expect(try registry.versions().map(\.version) == [1])
        #expect(try registry.history().count == 1)
        #expect(try registry.verify().problems.isEmpty)
    }
}
