import Foundation
import HTTPTransport
import JSON
import Registry
import Storage
import Testing
import TestSupport

@Suite(.serialized)
struct SwapTests {
    private static let prompts = ["I want to book a table for", "Where is my", "Please tell me", "The card was"]
    private static let tokens = 4

    /// An alias moves back and forth 200 times while four clients ask without a pause. No request fails, and each
    /// answer is the one that the version it names must give, computed by the engine alone.
    @Test(.timeLimit(.minutes(20)))
    func twoHundredSwapsUnderLoad() async throws {
        let bench = try Bench()
        var expected: [Int: [String: String]] = [:]
        for version in 1...2 {
            for prompt in SwapTests.prompts {
                expected[version, default: [:]][prompt] = try bench.expected(
                    prompt, seed: UInt64(version), tokens: SwapTests.tokens)
            }
        }
        for prompt in SwapTests.prompts {
            #expect(expected[1]?[prompt] != expected[2]?[prompt], "the two versions must be told apart by '\(prompt)'")
        }
        let answers = expected
        let server = try await Server(bench.flags())
        let isOver = Flag()
        let counts = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
            for client in 0..<4 {
                group.addTask {
                    var counts: [Int: Int] = [:]
                    var number = client
                    while !isOver.isSet {
                        number += 1
                        let prompt = SwapTests.prompts[number % SwapTests.prompts.count]
                        let reply = try Reply(
                            try await server.post(
                                "/v1/completions",
                                [
                                    "model": "intent", "prompt": .string(prompt), "temperature": 0,
                                    "max_tokens": .integer(SwapTests.tokens), "stream": .bool(number % 3 == 0),
                                ]))
                        #expect(reply.status == 200, "\(reply.errorMessage)")
                        #expect(reply.isDone)
                        let version = try #require(reply.version)
                        #expect(reply.headers["x-retort-version"] == String(version))
                        #expect(reply.text == answers[version]?[prompt], "version \(version) on '\(prompt)'")
                        counts[version, default: 0] += 1
                    }
                    return counts
                }
            }
            for number in 1...200 {
                let version = number % 2 + 1
                try bench.promote(version)
                let isThere = try await server.waitForHealth {
                    $0["models"]?.arrayValue?.first?["version"]?.integerValue == version
                }
                #expect(isThere, "swap \(number)")
            }
            isOver.set()
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        let health = try await server.get("/healthz")
        #expect(health["models"]?.arrayValue?.first?["swaps"]?.integerValue == 200)
        #expect(health["status"] == "ok")
        #expect((counts[1] ?? 0) >= 50)
        #expect((counts[2] ?? 0) >= 50)
        #expect(await server.stop() == 0)
    }

    @Test func failedLoadKeepsTheOldVersion() async throws {
        let bench = try Bench()
        let server = try await Server(bench.flags())
        let broken = try bench.register(try bench.file("broken.gguf", "GGUF but no more"))
        try bench.promote(broken.version)
        #expect(try await server.waitForHealth { $0["status"] == "degraded" })
        let reply = try await server.chat("intent", "hello", [("max_tokens", 2)])
        #expect(reply.status == 200)
        #expect(reply.version == 1)
        let slot = try await server.get("/healthz")["models"]?.arrayValue?.first
        #expect(slot?["version"] == 1)
        #expect(slot?["failure"]?.stringValue?.contains("intent:3 cannot be served") == true)
        #expect(try server.errors.contains("warning: intent@production stays at intent:1: intent:3 cannot be served"))
        try bench.promote(2)
        #expect(try await server.waitForHealth { $0["status"] == "ok" })
        #expect(try await server.chat("intent", "hello", [("max_tokens", 2)]).version == 2)
    }

    /// Each of these is a version that an alias may be moved to by mistake.
    @Test func unfitVersionsAreNotSwappedIn() async throws {
        let bench = try Bench()
        let server = try await Server(bench.flags())
        let foreign = try bench.register(
            try bench.adapter(seed: 3, name: "foreign", base: Bench.foreignBase))
        let idle = try bench.register(try bench.adapter(seed: 4, name: "idle", amount: 0))
        let overflowing = try bench.register(try bench.adapter(seed: 6, name: "overflowing", amount: 1e20))
        let damaged = try bench.register(try bench.adapter(seed: 5, name: "damaged"))
        let store = try bench.registry().store
        try Data("rot".utf8).write(to: URL(fileURLWithPath: store.path(of: damaged.artifact)))
        for (version, message) in [
            (foreign, "it was made for the base \(Bench.foreignBase), expected the base "),
            (idle, "it changes no logit"),
            (overflowing, "not all of them are finite numbers"),
            (damaged, "is damaged"),
        ] {
            try bench.promote(version.version)
            let isNoticed = try await server.waitForHealth {
                $0["models"]?.arrayValue?.first?["failure"]?.stringValue?.contains(message) == true
            }
            #expect(isNoticed, "\(message)")
            #expect(try await server.chat("intent", "hello", [("max_tokens", 1)]).version == 1)
        }
    }
}
