import Foundation
import JSON
import Testing
import TestSupport

/// Streamed answers as servers send them, through the built `retort-pull`.
@Suite(.ownThreads) struct PullStreamCasesTests: PullSuite {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func streamed(_ deltas: [String], finish: String = "stop") throws -> JSONValue {
        let chunks = (deltas.map { ($0, "null") } + [("{}", "\"\(finish)\"")]).map { delta, reason in
            #"{"object":"chat.completion.chunk","created":1767000100,"model":"g","choices":[{"index":0,"delta":\#(delta),"#
                + #""finish_reason":\#(reason)}]}"#
        }
        let line =
            #"{"timestamp":1767000100,"request":{"model":"g","stream":true,"messages":[{"role":"user","content":"w"}]},"#
            + #""response":[\#(chunks.joined(separator: ","))]}"#
        let path = try folder.write("\(UUID()).jsonl", line)
        let outcome = try Executable.run(
            "retort-pull", path, "--workspace", "\(path).w", "--output", "\(path).out", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try output("\(path).out").first?["response"]?["choices"]?.arrayValue?.first?["message"])
    }

    private func call(_ name: String, _ arguments: String, id: String? = nil, index: Int? = nil) -> String {
        let place = (index.map { #""index":\#($0),"# } ?? "") + (id.map { #""id":"\#($0)","# } ?? "")
        let text = JSONValue.string(arguments).serialized()
        return #"{"tool_calls":[{\#(place)"type":"function","function":{"name":"\#(name)","arguments":\#(text)}}]}"#
    }

    private func calls(_ message: JSONValue) -> [String] {
        (message["tool_calls"]?.arrayValue ?? []).map {
            "\($0["id"]?.stringValue ?? "-") \($0["function"]?["name"]?.stringValue ?? "") "
                + "\($0["function"]?["arguments"]?.stringValue ?? "")"
        }
    }

    @Test func parallelCallsStayApart() throws {
        let whole = ["a weather {\"city\":\"Ulm\"}", "b clock {\"zone\":\"UTC\"}"]
        let weather = #"{"city":"Ulm"}"#
        let clock = #"{"zone":"UTC"}"#
        // Numbered, all numbered 0, not numbered, in pieces that come by turns.
        #expect(
            try calls(streamed([call("weather", weather, id: "a", index: 0), call("clock", clock, id: "b", index: 1)]))
                == whole)
        #expect(
            try calls(streamed([call("weather", weather, id: "a", index: 0), call("clock", clock, id: "b", index: 0)]))
                == whole)
        #expect(try calls(streamed([call("weather", weather, id: "a"), call("clock", clock, id: "b")])) == whole)
        #expect(
            try calls(
                streamed([
                    call("weather", "{\"ci", id: "a", index: 0), call("clock", "{\"zo", id: "b", index: 1),
                    call("", "ty\":\"Ulm\"}", index: 0), call("", "ne\":\"UTC\"}", index: 1),
                ])) == whole)
        #expect(
            try calls(streamed([call("weather", weather), call("clock", clock)]))
                == ["- weather \(weather)", "- clock \(clock)"])
    }

    @Test func oneCallInPiecesStaysOne() throws {
        let whole = ["a weather {\"city\":\"Ulm\"}"]
        #expect(try calls(streamed([call("weather", "{\"ci", id: "a"), call("", "ty\":\"Ulm\"}")])) == whole)
        // The name, the id, or a new id with every piece.
        #expect(
            try calls(
                streamed([
                    call("weather", "{\"ci", id: "a", index: 0), call("weather", "ty\":\"Ulm\"}", id: "a", index: 0),
                ]))
                == whole)
        #expect(
            try calls(
                streamed([call("weather", "{\"ci", id: "a", index: 0), call("", "ty\":\"Ulm\"}", id: "z", index: 0)]))
                == whole)
        let legacy = try streamed([
            #"{"content":null,"function_call":{"name":"weather","arguments":""}}"#,
            #"{"function_call":{"arguments":"{\"city\":\"Ulm\"}"}}"#,
        ])
        #expect(calls(legacy) == ["- weather {\"city\":\"Ulm\"}"])
    }

    @Test func theWholeTextOfAStreamIsKept() throws {
        #expect(try streamed([#"{"content":"Done \ud83d"}"#, #"{"content":"\ude80 bye"}"#])["content"] == "Done 🚀 bye")
        #expect(try streamed([#"{"content":"a\ud83d"}"#, #"{"content":"b"}"#])["content"] == "a\u{FFFD}b")
        let parts = #"{"content":[{"type":"text","text":"Hi "},{"type":"text","text":"there"}]}"#
        #expect(try streamed([parts, #"{"content":"!"}"#])["content"] == "Hi there!")
        let thinking = #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}"#
        let mixed = try streamed([
            thinking, #"{"content":"Hello."}"#, #"{"content":[{"type":"text","text":" There."}]}"#,
        ])
        #expect(mixed["content"] == "Hello. There.")
        #expect(mixed["reasoning_content"] == "hm")
        let thought = try streamed([
            #"{"reasoning_content":"Let me "}"#, #"{"reasoning_content":"see."}"#, #"{"content":"Yes"}"#,
        ])
        #expect(thought["reasoning_content"] == "Let me see.")
        #expect(thought["content"] == "Yes")
    }

    /// Pieces of two answers, or out of order, spelled a text that nobody had said.
    @Test(arguments: [
        // Two at a time.
        [
            #"a","delta":{"content":"I "},"finish_reason":null"#,
            #"b","delta":{"content":"You "},"finish_reason":null"#,
            #"a","delta":{"content":"am"},"finish_reason":"stop""#,
            #"b","delta":{"content":"are"},"finish_reason":"stop""#,
        ],
        // One after the other.
        [
            #"a","delta":{"content":"I am"},"finish_reason":null"#, #"a","delta":{},"finish_reason":"stop""#,
            #"b","delta":{"content":"You are"},"finish_reason":null"#, #"b","delta":{},"finish_reason":"stop""#,
        ],
        // The end first.
        [
            #"a","delta":{},"finish_reason":"stop""#, #"a","delta":{"content":"lo"},"finish_reason":null"#,
            #"a","delta":{"content":"Hel"},"finish_reason":null"#,
        ],
    ])
    func piecesThatDoNotGoTogetherAreNoAnswer(pieces: [String]) throws {
        let outcome = try pull(try folder.write("log.jsonl", stream(pieces) + row("1767000101", #""q""#)))
        #expect(outcome.report?.counts["dropped_mixed_stream"] == 1, "\(outcome.outcome.errors)")
        #expect(outcome.report?.counts["kept"] == 1)
    }

    /// As servers send them that make up an id, or a reason to end, for each piece.
    @Test(arguments: [
        [
            #"a","delta":{"content":"Hel"},"finish_reason":"stop""#,
            #"a","delta":{"content":"lo"},"finish_reason":"stop""#,
        ],
        [
            #"a","delta":{"content":"Hel"},"finish_reason":null"#, #"b","delta":{"content":"lo"},"finish_reason":null"#,
            #"c","delta":{"content":""},"finish_reason":"stop""#,
        ],
        [
            #"a","delta":{"content":"Hello"},"finish_reason":"stop""#,
            #"a","delta":{"content":""},"finish_reason":null"#,
        ],
    ])
    func piecesThatLookOddAndGoTogetherAreRead(pieces: [String]) throws {
        let path = folder.file("out.jsonl")
        let outcome = try pull(try folder.write("log.jsonl", stream(pieces)), "--output", path)
        #expect(outcome.report?.counts["kept"] == 1, "\(outcome.outcome.errors)")
        let choice = try output(path).first?["response"]?["choices"]?.arrayValue?.first
        #expect(choice?["message"]?["content"] == "Hello")
    }

    private func stream(_ pieces: [String]) -> String {
        let chunks = pieces.map { piece in
            let parts = piece.split(separator: ",", maxSplits: 1)
            return #"{"object":"chat.completion.chunk","id":"\#(parts[0]),"choices":[{"index":0,\#(parts[1])}]}"#
        }
        return #"{"timestamp":1767000100,"request":{"messages":[{"role":"user","content":"w"}]},"response":["#
            + chunks.joined(separator: ",") + "]}\n"
    }

    @Test func anErrorAmongThePiecesIsNoAnswer() throws {
        let piece = #"a","delta":{"content":"Hel"},"finish_reason":null"#
        let end = #"a","delta":{"content":"lo"},"finish_reason":"stop""#
        let lines = stream([piece, end]).replacingOccurrences(
            of: "]}]}\n", with: #"]},{"error":{"message":"overloaded","code":529}}]}"# + "\n")
        let (outcome, report) = try pull(try folder.write("log.jsonl", lines + row("1767000101", #""q""#)))
        #expect(report?.counts["dropped_error_response"] == 1, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 1)
    }
}
