import Foundation
import JSON
import Replay
import Testing

/// The built `retort-label` against a replay server: what it writes, what it asks, how it ends.
@Suite struct LabelCommandTests {
    @Test(arguments: ["openai", "anthropic"])
    func labelsEachDistinctInputOnce(dialect: String) async throws {
        let bench = try LabelingBench()
        let server = try rehearsal()
        try await server.serve { url in
            let first = try await bench.label(url, ["--dialect", dialect])
            #expect(first.status == 0, "\(first.talk)")
            #expect(try first.count("interactions") == 60)
            #expect(try first.count("distinct") == 50)
            #expect(try first.count("labeled") == 50)
            #expect(try first.count("asked") == 50)
            #expect(server.statistic("requests") == 50)
            let labels = try bench.labels()
            let expected = LabelingBench.texts.enumerated().map { ($1, ["red", "green", "blue"][$0 % 3]) }
            #expect(labels == Dictionary(uniqueKeysWithValues: expected))
            let lines = try bench.bytes().split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: $0) }
            #expect(lines.count == 60)
            let times = lines.compactMap { $0["time"]?.stringValue }
            #expect(times == times.sorted() && times.count == 60)
            // Costs stand once for each input, and add up to what was spent.
            let costs = lines.reduce(0) { $0 + ($1["source"]?["cost_usd"]?.doubleValue ?? .nan) }
            let spent = try #require(try first.report()["figures"]?["spent_usd"]?.doubleValue)
            #expect(spent > 0 && abs(costs - spent) < 1e-9)

            let bytes = try bench.bytes()
            let second = try await bench.label(url, ["--dialect", dialect])
            #expect(second.status == 0)
            #expect(server.statistic("requests") == 50)
            #expect(try second.count("asked") == 0)
            #expect(try second.count("cached") == 50)
            let same = try bench.bytes()
            #expect(same == bytes)
            let digests = try [first, second].map { try $0.report()["outputs"]?["labels"] }
            #expect(digests[0] != nil && digests[0] == digests[1])
        }
    }

    @Test func anAnswerOutsideTheSetIsAskedOnceMore() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal { $0.faults = try Faults("nonsense=1", limit: 1) }
        try await server.serve { url in
            let ended = try await bench.label(url)
            #expect(ended.status == 0, "\(ended.talk)")
            #expect(try ended.count("asked_again") == 1)
            #expect(try ended.count("labeled") == 50)
            #expect(server.statistic("requests") == 51)
        }
    }

    @Test func whatNeverFitsIsRejectedWithItsReason() async throws {
        let bench = try LabelingBench()
        var recording = LabelingBench.recording
        recording[3] = ["input": .string(LabelingBench.texts[3]), "answer": "magenta"]
        recording.remove(at: 7)
        let server = try rehearsal(recording: recording)
        try await server.serve { url in
            let ended = try await bench.label(url)
            #expect(ended.status == 0, "\(ended.talk)")
            #expect(try ended.count("labeled") == 48)
            #expect(try ended.count("rejected") == 2)
            let expected: JSONValue = [
                "the answer: outside the label set": 1, "the request: refused with 404": 1,
            ]
            #expect(try ended.report()["details"]?["rejected"] == expected)
            // Input 3 was asked twice, input 7 once.
            #expect(server.statistic("requests") == 51)
            #expect(!ended.talk.contains("magenta") && !ended.talk.contains("text 3"))
            #expect(try bench.labels().count == 48)
            // Rejections are kept too, until somebody wants them asked again.
            let again = try await bench.label(url)
            #expect(try again.count("asked") == 0)
            let retried = try await bench.label(url, ["--retry-rejected"])
            // Both are asked past the cache: input 3 twice again, input 7 once. No request was sent after the refusal of
            // that one, so an input that was answered tells whom it is about.
            #expect(try retried.count("asked") == 4)
        }
    }

    @Test func faultsAreRiddenOut() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal { options in
            options.faults = try Faults("429=0.1,500=0.1,cut=0.05,malformed=0.05", seed: 7)
            options.retryAfter = .milliseconds(10)
        }
        try await server.serve { url in
            let ended = try await bench.label(url, ["--max-retries", "8"])
            #expect(ended.status == 0, "\(ended.talk)")
            #expect(try ended.count("labeled") == 50)
            let retried = try ended.count("retried")
            #expect(retried == server.statistic("requests") - 50)
            #expect(server.statistic("answered_again") == 0)
        }
    }

    @Test func requestsOnTheirWayKeepToTheConcurrency() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal { $0.latency = .milliseconds(50) }
        try await server.serve { url in
            let ended = try await bench.label(url, ["--concurrency", "3"])
            #expect(ended.status == 0)
            #expect(server.statistic("peak_in_flight") == 3)
        }
    }

    @Test func limitTakesTheFirst() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal()
        try await server.serve { url in
            let ended = try await bench.label(url, ["--limit", "5"])
            #expect(ended.status == 0)
            #expect(server.statistic("requests") == 5)
            #expect(try bench.labels().count == 5)
        }
    }
}
