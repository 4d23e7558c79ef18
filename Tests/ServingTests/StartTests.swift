import Checkpoints
import Foundation
import Registry
import Storage
import Testing
import TestSupport

@Suite(.serialized)
struct StartTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    private func failure(_ arguments: [String], port: Int = 0) async throws -> Server.StartFailure {
        try await #require(throws: Server.StartFailure.self) { _ = try await Server(arguments, port: port) }
    }

    @Test func occupiedPortIsNamed() async throws {
        let server = try await Server(bench.flags())
        let port = try #require(URL(string: server.url)?.port)
        let failure = try await failure(bench.flags(), port: port)
        #expect(failure.status == 1)
        #expect(failure.errors.contains("cannot listen on 127.0.0.1:\(port): occupied by another process"))
        #expect(failure.errors.contains("hint: choose another --port, or 0 for any free one"))
    }

    @Test func missingBaseIsNamed() async throws {
        let failure = try await failure(["--base", "/nowhere/base.gguf", "--workspace", bench.workspace])
        #expect(failure.status == 1)
        #expect(failure.errors.contains("/nowhere/base.gguf"))
    }

    @Test func adapterForAnotherBaseShowsBothDigests() async throws {
        let foreign = try bench.adapter(seed: 3, name: "foreign", base: Bench.foreignBase)
        try bench.promote(try bench.register(foreign).version)
        let failure = try await failure(bench.flags())
        #expect(failure.status == 1)
        #expect(failure.errors.contains(Bench.foreignBase.description))
        #expect(failure.errors.contains(try bench.checkpoint.digest().description))
    }

    @Test func registeredBaseIsHeldAgainstTheFile() async throws {
        let adapter = try bench.adapter(seed: 3, name: "third")
        try bench.promote(try bench.register(adapter, base: Bench.foreignBase).version)
        let failure = try await failure(bench.flags())
        #expect(failure.status == 1)
        #expect(failure.errors.contains(Bench.foreignBase.description))
    }

    @Test func unknownAliasAndTaskAreNamed() async throws {
        let alias = try await failure(bench.flags("--model", "intent@beta"))
        #expect(alias.status == 1)
        #expect(alias.errors.contains("intent has no alias 'beta', expected one of production"))
        let version = try await failure(bench.flags("--model", "intent:1"))
        #expect(version.errors.contains("model intent:1: a version, expected NAME or NAME@alias"))
        let task = try await failure(bench.flags("--task", try bench.file("bad.yaml", "nam: x\n")))
        #expect(task.status == 1)
        #expect(task.errors.contains("did you mean 'name'?"))
    }
}
