import Foundation
import JSON
import Testing
import TestSupport

/// What requests ask of a version that answers with its task's labels.
@Suite(.serialized, .ownThreads)
struct TaskRequestTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    @Test func whatWouldChangeOrCutALabelIsNamed() async throws {
        let server = try await Server(bench.flags("--task", try bench.task()))
        let plain = try await server.chat("intent", "my card is gone")
        for (field, value) in [
            ("max_tokens", 1), ("logit_bias", ["5": 3]), ("presence_penalty", 1), ("frequency_penalty", -1),
            ("repetition_penalty", 1.1), ("stop", "_"), ("stop", ["x", "fund"]),
        ] as [(String, JSONValue)] {
            let reply = try await server.chat("intent", "my card is gone", [(field, value)])
            #expect(reply.status == 400, "\(field)")
            #expect(reply.errorMessage.hasPrefix("\(field): "), "\(reply.errorMessage)")
        }
        // What chooses among samples has nothing to choose; what is neutral asks for nothing.
        for (field, value) in [
            ("temperature", 1.7), ("top_p", 0.2), ("seed", 4), ("max_tokens", 64), ("logit_bias", ["5": 0]),
            ("presence_penalty", 0), ("repetition_penalty", 1), ("stop", ["\n"]), ("temperature", nil),
        ] as [(String, JSONValue)] {
            let reply = try await server.chat("intent", "my card is gone", [(field, value)])
            #expect(reply.status == 200, "\(field): \(reply.errorMessage)")
            #expect(reply.text == plain.text)
            let (found, expected) = (reply.retort["confidence"]?.doubleValue, plain.retort["confidence"]?.doubleValue)
            #expect(abs((found ?? 0) - (expected ?? 1)) < 1e-6)
        }
    }

    @Test func messagesThatATaskDoesNotLookAtAreNamed() async throws {
        let server = try await Server(bench.flags("--task", try bench.task()))
        let plain = try await server.chat("intent", "my card is gone")
        #expect(plain.retort["ignored_messages"] == nil)
        let messages: JSONValue = [
            ["role": "system", "content": "Answer in French."], ["role": "user", "content": "hello"],
            ["role": "assistant", "content": "hello"], ["role": "user", "content": "my card is gone"],
        ]
        let body: JSONValue = ["model": "intent", "messages": messages]
        let long = try Reply(try await server.post("/v1/chat/completions", body))
        #expect(long.text == plain.text)
        #expect(long.retort["ignored_messages"] == [0, 1, 2])
        let stream = try await server.chat("intent", "", [("messages", messages), ("stream", true)])
        #expect(stream.retort["ignored_messages"] == [0, 1, 2])
    }
}
