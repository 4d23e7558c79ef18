import Conversations
import Foundation
import StageInterface
import TestSupport
import Testing

/// Logs as gateways, proxies and editors leave them, through the built `retort-pull`.
@Suite(.ownThreads) struct PullCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// One row; `request` and `response` are the members inside of the braces.
    private func row(_ time: String, _ content: String, extra: String = "", answer: String = #""Hi.""#) -> String {
        #"{"timestamp":\#(time),"request":{"model":"g","messages":[{"role":"user","content":\#(content)}]},"response":{"#
            + #""object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":\#(answer)},"#
            + #""finish_reason":"stop"}]}\#(extra)}"#
    }

    private func pull(_ arguments: String..., input: String = "") throws -> (
        outcome: Executable.Outcome, report: StageReport?
    ) {
        let outcome = try Executable.run(
            "retort-pull", arguments + ["--workspace", "\(folder)/w", "--json"], input: input)
        return (outcome, try? StageReport(parsing: Array(outcome.output.utf8)))
    }

    /// What `--output` wrote, line by line.
    private func output(_ path: String) throws -> [JSONValue] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
    }

    // MARK: Bytes

    @Test func numbersAndKeysComeOutAsTheyWentIn() throws {
        let metadata =
            #""seed":18446744073709551615,"order":12345678901234567890,"x":1e999,"price":19.90,"y":1E5,"z":-0,"#
            + "\"caf\u{E9}\":\"one\",\"cafe\u{301}\":\"other\""
        let line = row("1767000027", #""seed""#).replacingOccurrences(
            of: #""model":"g","#, with: #""model":"g",\#(metadata),"#)
        let path = try folder.write("log.jsonl", line + "\n")
        let (outcome, report) = try pull(path, "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["kept"] == 1, "\(outcome.errors)")
        let written = try String(contentsOfFile: "\(folder)/out.jsonl", encoding: .utf8)
        #expect(written.contains(metadata))
        let rights = try FileManager.default.attributesOfItem(atPath: "\(folder)/out.jsonl")[.posixPermissions] as? Int
        #expect(rights == 0o600)
        let stored = try FileManager.default.attributesOfItem(atPath: "\(folder)/w/retort.sqlite")[.posixPermissions]
        #expect(stored as? Int == 0o600)
    }

    @Test(arguments: [
        (#"{"a":1,}"#, "a comma after the last member at column 8"),
        (#"{"a":NaN}"#, "NaN is no JSON, expected a value at column 6"),
        (#"{'a':1}"#, "a key in single quotes, expected double ones at column 2"),
        (#"{"a":1}{"b":2}"#, "a second value after the first at column 8"),
        ("{\"a\":1}\r{\"b\":2}", "a second value after the first at column 9"),
        (#"{"a":1},"#, "a comma after the value at column 8"),
        ("\u{0}\u{0}\u{0}", "a NUL byte, expected a value at column 1"),
        (#"{"a": {"b""#, "the text ends early at column 11"),
        ("oops", "a value was expected at column 1"),
    ])
    func linesThatAreNoJSONAreNamedWithReasonAndColumn(line: String, reason: String) throws {
        let path = try folder.write("log.jsonl", row("1767000001", #""hello""#) + "\n" + line + "\n")
        let (outcome, report) = try pull(path)
        #expect(outcome.errors.contains("dropped: \(path):2: not JSON: \(reason)\n"), "\(outcome.errors)")
        #expect(report?.counts["seen"] == 2)
        #expect(report?.counts["dropped_not_json"] == 1)
    }

    @Test func otherEncodingsAreNamed() throws {
        var latin = Data((row("1767000001", #""hello""#) + "\n{\"a\":\"B").utf8)
        latin.append(0xFC)
        latin.append(contentsOf: Data("rste\"}\n".utf8))
        let path = try folder.write("latin.jsonl", latin)
        let (outcome, _) = try pull(path)
        #expect(
            outcome.errors.contains("\(path):2: not JSON: the string is not UTF-8 at column 8\n"), "\(outcome.errors)")
        let wide = try folder.write("wide.jsonl", try #require(row("1767000001", #""hello""#).data(using: .utf16)))
        let refused = try pull(wide).outcome
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(wide): it is UTF-16, expected UTF-8"), "\(refused.errors)")
    }

    @Test func whatHasOneClearReadingIsRead() throws {
        let rows = (0..<8).map { row("\(1_767_000_000 + $0)", #""hello \#($0)""#) }
        let mark = "\u{FEFF}"
        try folder.write("logs/marks.jsonl", "\(mark)\(rows[0])\r\n\(mark)\(rows[1])\r\n")
        try folder.write("logs/array.jsonl", "[\(rows[2]), \(rows[3])]\n")
        let pretty = try rows[4...5].map { try JSONValue(parsing: $0).serialized(.pretty) }
        try folder.write("logs/pretty.jsonl", pretty.joined(separator: "\n") + "\n")
        try folder.write("logs/separators.jsonl", row("1767000009", "\"pasted\u{2028}from\u{85}a page\"") + "\n")
        try folder.write("logs/page.json", "{\"object\": \"list\", \"data\": [\n\(rows[6]),\n\(rows[7])\n]}")
        let (outcome, report) = try pull("\(folder)/logs")
        #expect(report?.counts["seen"] == 9, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 9)
    }

    @Test func aCutFirstLineSwallowsNothing() throws {
        let rows = (0..<3).map { row("\(1_767_000_000 + $0)", #""hello \#($0)""#) }
        let path = try folder.write(
            "log.jsonl", #"{"timestamp": 1767000024, "request": "# + "\n" + rows.joined(separator: "\n"))
        let (outcome, report) = try pull(path)
        #expect(report?.counts["kept"] == 3, "\(outcome.errors)")
        #expect(report?.counts["dropped_not_json"] == 1)
    }

    @Test func repeatedKeysAreCounted() throws {
        let line = row("1767000026", #""second""#).replacingOccurrences(
            of: #""model":"g","#, with: #""messages":[{"role":"user","content":"first"}],"#)
        let (outcome, report) = try pull(try folder.write("log.jsonl", line), "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["repeated_keys"] == 1)
        #expect(outcome.errors.contains("warning: 1 rows have a key twice in one object; the last value counts"))
        #expect(try output("\(folder)/out.jsonl")[0]["request"]?["messages"]?.arrayValue?[0]["content"] == "second")
    }

    @Test func whatNestsTooDeeplyIsDroppedAndWhatIsKeptCanBeReadAgain() throws {
        func nested(_ depth: Int) -> String {
            row("1767000001", #""deep \#(depth)""#).replacingOccurrences(
                of: #""model":"g","#,
                with:
                    #""model":"g","x":\#(String(repeating: "[", count: depth))\#(String(repeating: "]", count: depth)),"#
            )
        }
        let stored =
            #"{"messages":[{"role":"user","content":"hi"}],"choices":[{"message":{"content":"x","role":"assistant"}}],"#
            + #""created":1767000001,"x":\#(String(repeating: "[", count: 239))\#(String(repeating: "]", count: 239))}"#
        let lines = [nested(200), nested(238), stored, nested(245), nested(100_000)]
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", lines.joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 3)
        #expect(report?.counts["dropped_not_json"] == 2)
        #expect(try output("\(folder)/out.jsonl").count == 3)
    }

    @Test func longRowsAreDroppedAndCounted() throws {
        let long = row("1767000001", "\"\(String(repeating: "x", count: 2 << 20))\"")
        let path = try folder.write("log.jsonl", [row("1767000002", #""hello""#), long].joined(separator: "\n"))
        let (outcome, report) = try pull(path, "--max-row", "1")
        #expect(report?.counts["dropped_line_too_long"] == 1, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 1)
        let list = try folder.write("list.json", "[\(long),\(row("1767000003", #""hello""#))]")
        #expect(try pull(list, "--max-row", "1").report?.counts["dropped_line_too_long"] == 1)
        #expect(try pull(path).report?.counts["kept"] == 1)
    }

    // MARK: Streams

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

    // MARK: Shapes of others

    @Test(arguments: [#""""#, "false", "null", "{}", "[]"])
    func anErrorThatSaysNothingIsNone(error: String) throws {
        let lines = [
            row("1767000001", #""one""#, extra: #","error":\#(error)"#),
            row("1767000002", #""two""#).replacingOccurrences(
                of: #""object":"chat.completion","#, with: #""error":\#(error),"#),
        ]
        #expect(try pull(try folder.write("log.jsonl", lines.joined(separator: "\n"))).report?.counts["kept"] == 2)
    }

    @Test(arguments: [
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Fine."}]}}"#,
            "other_shape", "Anthropic"
        ),
        (
            #"{"timestamp":1767000000,"request":{"input":"how are you"},"response":{"object":"response","output":[]}}"#,
            "other_shape", "Responses API"
        ),
        (#"{"custom_id":"r1","response":{"status_code":200,"body":{}},"error":null}"#, "no_request", "batch"),
        (
            #"{"type":"GENERATION","input":{"messages":[]},"output":{"role":"assistant","content":"x"}}"#,
            "other_shape", "input and output"
        ),
        (
            #"{"timestamp":"1/5/2026 10:00","request":{"messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"role":"assistant","content":"x"}}]}}"#,
            "unreadable_time", "timestamp: '1/5/2026 10:00'"
        ),
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"status_code":500,"body":{}}}"#,
            "error_response", "status_code 500"
        ),
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"error"}]}}"#,
            "error_response", "finish_reason error"
        ),
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"MAX_TOKENS"}]}}"#,
            "truncated_response", "finish_reason MAX_TOKENS"
        ),
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"odd"}]}}"#,
            "unfinished_response", "finish_reason odd"
        ),
        (
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"refusal"}]}}"#,
            "refused_response", "finish_reason refusal"
        ),
    ])
    func rowsAreDroppedForTheirOwnReason(line: String, reason: String, detail: String) throws {
        let path = try folder.write("log.jsonl", row("1767000001", #""hello""#) + "\n" + line)
        let (outcome, report) = try pull(path)
        #expect(report?.counts["dropped_\(reason)"] == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(detail), "\(outcome.errors)")
    }

    @Test func shapesWithOneClearMeaningAreRead() throws {
        let answer =
            #"{"object":"chat.completion","choices":[{"index":1,"message":{"role":"assistant","content":"second"},"finish_reason":"stop"},{"index":0,"message":{"role":"assistant","content":"first"},"finish_reason":"stop"}]}"#
        let lines = [
            #"{"request_id":"r","messages":[{"role":"user","content":"beside"}],"response":\#(answer),"startTime":"2026-01-05T10:00:00Z"}"#,
            #"{"timestamp":1767000000,"request":{"messages":[{"role":"user","content":"wrapped"}]},"response":{"status_code":200,"body":\#(answer)}}"#,
        ]
        let quoted = JSONValue.string(answer).serialized()
        let events = JSONValue.string(
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n"
                + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
        let texts = [quoted, events.serialized()].map {
            #"{"timestamp":"2026-01-06","request":{"messages":[{"role":"user","content":"text"}]},"response":\#($0)}"#
        }
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", (lines + texts).joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["kept"] == 4, "\(outcome.errors)")
        #expect(report?.counts["several_answers"] == 3)
        #expect(
            try output("\(folder)/out.jsonl").prefix(2).map { $0["timestamp"] } == [
                "2025-12-29T09:20:00Z", "2026-01-05T10:00:00Z",
            ])
    }

    @Test(arguments: [
        ("20260105100000", "2026-01-05T10:00:00Z"), (#""20260105100000""#, "2026-01-05T10:00:00Z"),
        (#""202601051000""#, "2026-01-05T10:00:00Z"), ("1767607200123456789", "2026-01-05T10:00:00.123Z"),
        (#""1767607200.5""#, "2026-01-05T10:00:00.500Z"), (#""2026-01-05 10:00:00 UTC""#, "2026-01-05T10:00:00Z"),
        (#""2026-01-05 10:00:00 +00:00""#, "2026-01-05T10:00:00Z"),
        (#""05 Jan 2026 10:00:00 GMT""#, "2026-01-05T10:00:00Z"),
        (#""2026/01/05 10:00:00""#, "2026-01-05T10:00:00Z"), (#""2026-01-05T24:00:00Z""#, "2026-01-06T00:00:00Z"),
        (#""20260105T100000Z""#, "2026-01-05T10:00:00Z"), ("1e300", nil), ("-5", nil), (#""2026-W02-1""#, nil),
        (#""2026-02-30""#, nil), ("12", nil),
    ])
    func timesAreReadOrRefused(time: String, expected: String?) throws {
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", row(time, #""hi""#)), "--output", "\(folder)/out.jsonl")
        if let expected {
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try output("\(folder)/out.jsonl").first?["timestamp"]?.stringValue == expected)
        } else {
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("a time that is not understood: timestamp: "), "\(outcome.errors)")
        }
        _ = report
    }

    // MARK: Tags and folders

    @Test func rowsThatAreThereCanBeTagged() throws {
        let path = try folder.write(
            "log.jsonl", (0..<3).map { row("\(1_767_000_000 + $0)", #""hi \#($0)""#) }.joined(separator: "\n"))
        #expect(try pull(path).report?.counts["kept"] == 3)
        let tagged = try pull(path, "--workload", "desk", "--output", "\(folder)/desk.jsonl")
        #expect(tagged.report?.counts["already_there"] == 3)
        #expect(tagged.report?.counts["tagged_later"] == 3)
        #expect(try output("\(folder)/desk.jsonl").map { $0["workload_id"] } == ["desk", "desk", "desk"])
        // A second task on the same logs takes nothing from the first.
        let other = try pull(path, "--workload", "mail", "--output", "\(folder)/mail.jsonl")
        #expect(other.report?.counts["tagged_later"] == 3)
        #expect(try output("\(folder)/mail.jsonl").map { $0["workload_id"] } == ["mail", "mail", "mail"])
        let again = try pull(path, "--workload", "desk", "--output", "\(folder)/desk.jsonl")
        #expect(again.report?.counts["tagged_later"] == nil)
        #expect(again.report?.outputs == tagged.report?.outputs)
        #expect(try output("\(folder)/desk.jsonl").count == 3)
    }

    @Test func aClientDoesNotChooseTheTagOfADecision() throws {
        let decision = #","decision":{"adapter":"a","escalated":true,"cause":"below_threshold","latency_ms":1}"#
        let chosen = #""model":"g","user":"mallory","metadata":{"workload_id":"mail"},"#
        let line = row("1767000001", #""hi""#, extra: #","workload_id":"desk""# + decision)
        let untagged = row("1767000002", #""ho""#, extra: decision)
        let lines = [line, untagged].map { $0.replacingOccurrences(of: #""model":"g","#, with: chosen) }
        _ = try pull(try folder.write("log.jsonl", lines.joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        let rows = try output("\(folder)/out.jsonl")
        #expect(rows.map { $0["workload_id"] } == ["desk", nil])
        #expect(rows.map { $0["client_id"] } == [nil, nil])
    }

    @Test func whatIsPassedOverIsSaid() throws {
        for (number, name) in ["a.jsonl", "C.JSONL", "b.ndjson", "a.jsonl.1", "r.jsonl-20260105", "sub/s.jsonl"]
            .enumerated()
        {
            try folder.write("logs/\(name)", row("\(1_767_000_000 + number)", #""hi \#(number)""#))
        }
        try folder.write("logs/notes.txt", "no log")
        try folder.write("elsewhere/e.jsonl", row("1767000100", #""elsewhere""#))
        try folder.write("elsewhere/f.jsonl", row("1767000101", #""linked""#))
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(folder)/logs/linked", withDestinationPath: "\(folder)/elsewhere")
        try manager.createSymbolicLink(
            atPath: "\(folder)/logs/f.jsonl", withDestinationPath: "\(folder)/elsewhere/f.jsonl")
        #expect(mkfifo("\(folder)/logs/pipe.jsonl", 0o600) == 0)
        let (outcome, report) = try pull("\(folder)/logs")
        #expect(report?.counts["kept"] == 7, "\(outcome.errors)")
        #expect(report?.counts["passed_over"] == 3)
        for said in [
            "warning: passed over \(folder)/logs/linked: a symbolic link to a directory, which is not followed",
            "warning: passed over \(folder)/logs/notes.txt: not named as a log",
            "warning: passed over \(folder)/logs/pipe.jsonl: no regular file",
            "read through a symbolic link: \(folder)/logs/f.jsonl",
        ] {
            #expect(outcome.errors.contains(said), "\(outcome.errors)")
        }
        let pipe = try pull("\(folder)/logs/pipe.jsonl").outcome
        #expect(pipe.status == 1)
        #expect(pipe.errors.contains("it is a device or a pipe, expected a file or a directory"))
        #expect(try pull("\(folder)/logs/linked").report?.counts["seen"] == 2)
    }
}
