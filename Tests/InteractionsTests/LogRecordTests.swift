import Conversations
import Dialects
import Interactions
import JSON
import Storage
import Testing

@Suite struct LogRecordTests {
    @Test func flywheelRecordsAreRead() throws {
        let interaction = try Interaction(record: row())
        #expect(interaction.messages.map(\.role) == [.system, .user])
        #expect(interaction.answer == Message(.assistant, "On its way."))
        #expect(interaction.workload == "chat")
        #expect(interaction.client == "web")
        #expect(interaction.model == "frontier-1")
        #expect(Timestamp.text(interaction.time) == "2026-10-01T08:30:00Z")
    }

    @Test func idIsOfContentAndTimeOnly() throws {
        let first = try Interaction(record: row())
        let reordered = JSONValue.object(JSONObject(row().objectValue?.members.reversed() ?? []))
        #expect(try Interaction(record: reordered).id == first.id)
        #expect(try Interaction(record: replacing("timestamp", of: row(), with: "2026-10-01T08:30:00Z")).id == first.id)
        #expect(try Interaction(record: replacing("workload_id", of: row(), with: "other")).id == first.id)
        #expect(try Interaction(record: row("where is my parcel")).id != first.id)
        #expect(try Interaction(record: row(answer: "Lost.")).id != first.id)
        #expect(try Interaction(record: row(time: 1_790_843_401)).id != first.id)
    }

    @Test func ownOutputIsReadBack() throws {
        let interaction = try Interaction(record: row())
        #expect(try Interaction(record: interaction.json) == interaction)
    }

    @Test func timeFallsBackToTheResponse() throws {
        let interaction = try Interaction(record: replacing("timestamp", of: row(), with: nil))
        #expect(Timestamp.text(interaction.time) == "2026-10-01T08:30:00Z")
    }

    @Test func storedCompletionsAreRead() throws {
        let record: JSONValue = [
            "id": "chatcmpl-9", "object": "chat.completion", "created": 1_790_843_400, "model": "frontier-1",
            "messages": [["role": "user", "content": "hello"]], "temperature": 0.2,
            "metadata": ["workload_id": "greetings"],
            "choices": [["index": 0, "message": ["role": "assistant", "content": "hi"], "finish_reason": "stop"]],
        ]
        let interaction = try Interaction(record: record)
        #expect(interaction.workload == "greetings")
        #expect(interaction.request["temperature"] == 0.2)
        #expect(interaction.request["choices"] == nil)
        #expect(interaction.response["temperature"] == nil)
        #expect(interaction.answer.content == "hi")
    }

    @Test func streamsAreReassembled() throws {
        let chunks: [JSONValue] = [
            chunk(["role": "assistant", "content": ""]), chunk(["content": "On its "]), chunk(["content": "way."]),
            chunk([:], finish: "stop"),
            ["id": "chatcmpl-2", "object": "chat.completion.chunk", "choices": [], "usage": ["total_tokens": 7]],
        ]
        let interaction = try Interaction(record: replacing("response", of: row(), with: .array(chunks)))
        #expect(interaction.answer.content == "On its way.")
        #expect(interaction.response["object"] == "chat.completion")
        #expect(interaction.usage?["total_tokens"] == 7)
        #expect(interaction.model == "frontier-1")
    }

    @Test func streamedToolCallsAreReassembled() throws {
        let chunks: [JSONValue] = [
            chunk([
                "role": "assistant",
                "tool_calls": [["index": 0, "id": "call_1", "function": ["name": "find", "arguments": ""]]],
            ]),
            chunk(["tool_calls": [["index": 0, "function": ["arguments": "{\"order\":"]]]]),
            chunk(["tool_calls": [["index": 0, "function": ["arguments": "7}"]]]]),
            chunk([:], finish: "tool_calls"),
        ]
        let interaction = try Interaction(record: replacing("response", of: row(), with: .array(chunks)))
        #expect(interaction.answer.toolCalls == [ToolCall(id: "call_1", name: "find", arguments: "{\"order\":7}")])
    }

    @Test func whatIsBrokenIsDroppedForItsReason() {
        let answer: (JSONValue) -> JSONValue = { message in
            replacing(
                "response", of: row(), with: ["choices": [["index": 0, "message": message, "finish_reason": "stop"]]])
        }
        let asked: (JSONValue) -> JSONValue = { replacing("request", of: row(), with: ["messages": $0]) }
        let cases: [(JSONValue, DropReason)] = [
            (["text": "hello"], .noRequest), (["a", "b"], .noRequest), ("text", .noRequest),
            (replacing("request", of: row(), with: ["model": "m"]), .noRequest),
            (asked([]), .emptyMessages), (asked([["role": "user", "content": " \n"]]), .emptyMessages),
            (asked([["role": "system", "content": "x"]]), .noUserMessage),
            (asked([["role": "wizard", "content": "x"]]), .malformedMessage),
            (asked([["role": "user", "content": 5]]), .malformedMessage),
            (replacing("response", of: row(), with: nil), .noResponse),
            (replacing("response", of: row(), with: "text"), .noResponse),
            (replacing("response", of: row(), with: ["error": ["code": 500]]), .errorResponse),
            (replacing("error", of: row(), with: "timeout"), .errorResponse),
            (replacing("response", of: row(), with: []), .emptyResponse),
            (replacing("response", of: row(), with: [chunk(["content": "half"])]), .unfinishedStream),
            (row(finish: .null), .unfinishedResponse), (row(finish: "length"), .truncatedResponse),
            (row(finish: "content_filter"), .filteredResponse), (row(answer: "  "), .emptyResponse),
            (answer(["role": "assistant", "content": nil, "refusal": "No."]), .refusedResponse),
            (replacing("response", of: row(), with: ["choices": []]), .emptyResponse),
        ]
        for (record, reason) in cases {
            #expect(throws: reason) { try Interaction(record: record) }
        }
    }

    @Test func workloadsAreChosen() throws {
        #expect(throws: DropReason.otherWorkload) { try Interaction(record: row(), workload: "mail") }
        #expect(try Interaction(record: row(), workload: "chat").workload == "chat")
        #expect(try Interaction(record: row(workload: nil), workload: "chat").workload == "chat")
        #expect(try Interaction(record: row(workload: nil), untagged: "mail").workload == "mail")
        #expect(try Interaction(record: row(), untagged: "mail").workload == "chat")
    }

    @Test func decisionRecordsComeBackAndReadAsLogs() throws {
        let record = DecisionRecord(
            time: Timestamp.date(milliseconds: 1_790_843_400_250), request: try #require(row()["request"]),
            response: try #require(row()["response"]), workload: "intents",
            decision: .init(
                adapter: "intents", version: 3, artifact: ContentDigest(of: "artifact"), label: "track",
                confidence: 0.93, threshold: 0.6, escalated: false, cause: "confident", latencyMilliseconds: 12.5))
        let line = try JSONValue(parsing: record.json.serialized())
        #expect(try DecisionRecord(json: line) == record)
        let interaction = try Interaction(record: line)
        #expect(interaction.workload == "intents")
        #expect(interaction.decision?["version"] == 3)
        #expect {
            try DecisionRecord(json: replacing("decision", of: line, with: ["escalated": true, "latency_ms": 1]))
        } throws: {
            "\($0)" == "a decision record: 'decision.cause' is missing or of the wrong kind"
        }
    }
}
