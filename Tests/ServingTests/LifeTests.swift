import Conversations
import Dialects
import Foundation
import HTTPTransport
import Interactions
import JSON
import Replay
import Testing
import TestSupport

/// What happens around answers: the decision log, escalation, bounds, disconnects, shutdown.
@Suite(.serialized)
struct LifeTests {
    /// A high temperature, and no end of text, keep an answer from ending before the context does.
    private static let endless: [(key: String, value: JSONValue)] = [
        ("temperature", 2), ("logit_bias", ["2": -100, "0": -100]),
    ]

    let bench: Bench

    init() throws { bench = try Bench() }

    @Test func decisionLogReadsBack() async throws {
        // A crash cut the last line of an earlier run short.
        let log = try bench.file("decisions.jsonl", "{\"timestamp\":")
        let server = try await Server(bench.flags("--task", try bench.task(), "--decision-log", log))
        let reply = try await server.chat("intent", "where is my parcel", [("user", "u1")])
        _ = try await server.chat("intent", "my card is gone", [("stream", true)])
        _ = try await server.chat("intent", "no such field", [("nonsense", true)])
        #expect(await server.stop() == 0)
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3)
        let records = try lines.dropFirst().map { try DecisionRecord(json: try JSONValue(parsing: String($0))) }
        #expect(records[0].decision.adapter == "intent")
        #expect(records[0].decision.version == 1)
        #expect(records[0].decision.label == reply.text)
        #expect(records[0].workload == "intent")
        #expect(records[0].response == reply.json)
        #expect(records[1].response["object"] == "chat.completion", "a stream is noted as the whole answer")
        let interaction = try Interaction(record: records[0].json)
        #expect(interaction.answer.content == reply.text)
        #expect(interaction.messages.last?.content == "where is my parcel")
        #expect(interaction.workload == "intent")
    }

    @Test func unsureAnswersEscalateOverRealHTTP() async throws {
        let recording = try bench.file("frontier.jsonl", #"{"input":"my card is gone","answer":"card_lost"}"# + "\n")
        let frontier = ReplayServer(recording: try Recording(path: recording))
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        let running = Task { try await frontier.run { feed.yield($0) } }
        defer { running.cancel() }
        let port = try #require(await ports.first { _ in true })
        let server = try await Server(
            bench.flags(
                "--task", try bench.task(threshold: 1), "--escalate-endpoint", "http://127.0.0.1:\(port)",
                "--escalate-model", "frontier-1"))
        let reply = try await server.chat("intent", "my card is gone")
        #expect(reply.text == "card_lost")
        #expect(reply.retort["escalated"] == true)
        #expect(reply.retort["escalated_to"] == "frontier-1")
        #expect(reply.retort["cause"] == "below_threshold")
        #expect(reply.version == 1)
        // The frontier has no answer to this: our own stands, and says so.
        let own = try await server.chat("intent", "where is my parcel")
        #expect(own.status == 200)
        #expect(own.retort["escalated"] == false)
        #expect(own.retort["cause"] == "escalation_failed")
        #expect(try server.errors.contains("escalation to frontier-1 failed, own answers stand"))
        #expect(try !server.errors.contains("parcel"), "no prompt in a log line")
    }

    @Test func withoutAnEndpointNothingEscalates() async throws {
        let server = try await Server(bench.flags("--task", try bench.task(), "--threshold", "1"))
        let reply = try await server.chat("intent", "my card is gone")
        #expect(reply.status == 200)
        #expect(reply.retort["cause"] == "no_escalation")
        #expect(reply.retort["threshold"]?.doubleValue == 1)
    }

    @Test func fullQueueIsRefusedAndTimeIsBounded() async throws {
        let server = try await Server(bench.flags("--concurrency", "1", "--queue", "0", "--timeout", "1"))
        func whileBusy() async throws -> (first: Reply, refused: Reply) {
            async let slow = server.chat("retort-base-6m-f16", "tell me a story", LifeTests.endless)
            _ = try await server.waitForHealth { $0["requests"]?["active"] == 1 }
            let refused = try await server.chat("intent", "hello", [("max_tokens", 1)])
            return (try await slow, refused)
        }
        var (first, refused) = try await whileBusy()
        // On a busy machine the answer may have ended before the second request came; not ten times.
        for _ in 0..<9 where refused.status == 200 { (first, refused) = try await whileBusy() }
        if first.status == 200 {
            // A fast machine may have ended the answer at the context's end before the time was up.
            #expect(first.finish == "length")
        } else {
            #expect(first.status == 503)
            #expect(first.errorCode == "timeout")
        }
        #expect(refused.status == 429)
        #expect(refused.errorCode == "queue_full")
        #expect(refused.headers["retry-after"] == "1")
        #expect(try await server.chat("intent", "hello", [("max_tokens", 1)]).status == 200)
    }

    @Test func clientThatLeavesFreesTheEngine() async throws {
        let server = try await Server(bench.flags("--concurrency", "1"))
        let request = Task {
            try await server.chat("retort-base-6m-f16", "tell me a story", LifeTests.endless)
        }
        #expect(try await server.waitForHealth { $0["requests"]?["active"] == 1 })
        let start = ContinuousClock.now
        request.cancel()
        #expect(try await server.waitForHealth { $0["requests"]?["active"] == 0 })
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func shutdownFinishesWhatIsInFlight() async throws {
        let server = try await Server(bench.flags())
        async let reply = server.chat("retort-base-6m-f16", "tell me a story", [("temperature", 1.5), ("seed", 3)])
        #expect(try await server.waitForHealth { $0["requests"]?["active"] == 1 })
        #expect(await server.stop() == 0)
        #expect(try await reply.status == 200)
        #expect(try await reply.finish != nil)
    }
}
