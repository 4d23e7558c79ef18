import Foundation
import JSON
import Testing
import TestSupport

/// Rows as other tools write them, and their times, through the built `retort-pull`.
@Suite(.ownThreads) struct PullShapesCasesTests: PullSuite {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

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

    @Test func partsAreReadForTheirTextsAndKeptAsTheyAre() throws {
        let picture = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}"#
        let lines = [
            row("1767000001", #"[{"type":"text","text":"What is this?"},\#(picture)]"#),
            row("1767000002", #"[{"type":"text","text":{"value":"hello","annotations":[]}}]"#),
            row("1767000003", #"["hello there"]"#), row("1767000004", "[\(picture)]"),
            row(
                "1767000005", #""as parts""#,
                answer: #"[{"type":"text","text":"Hi "},{"type":"text","text":"there"}]"#),
            row("1767000006", #""no""#, answer: #"[{"type":"refusal","refusal":"I can't."}]"#),
        ]
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", lines.joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["kept"] == 4, "\(outcome.errors)")
        #expect(report?.counts["dropped_no_text"] == 1)
        #expect(report?.counts["dropped_refused_response"] == 1)
        #expect(outcome.errors.contains("user messages without text: pictures or sound alone"))
        #expect(try String(contentsOfFile: "\(folder)/out.jsonl", encoding: .utf8).contains(picture))
    }

    @Test func whatWasSaidBeforeARefusalIsNoAnswer() throws {
        let refused = row("1767000000", #""hi""#, answer: #""Here is","refusal":"I cannot help with that.""#)
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", refused + "\n" + row("1767000001", #""ho""#) + "\n"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(report?.counts["dropped_refused_response"] == 1)
        #expect(report?.counts["kept"] == 1)
    }

    /// What programs write for no time at all was taken for the oldest row there is, or the newest.
    @Test(arguments: ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    func whatStandsForNoTimeIsNone(time: String) throws {
        let log = try folder.write("log.jsonl", row("\"\(time)\"", #""one""#) + "\n" + row("1767000001", #""two""#))
        let (outcome, report) = try pull(log)
        #expect(report?.counts["dropped_unreadable_time"] == 1, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 1)
        let later = row("\"\(time)\"", #""three""#, extra: #","created_at":1767000002"#)
        #expect(try pull(try folder.write("later.jsonl", later)).report?.counts["other_time"] == 1)
    }

    @Test func anAnswerWithoutAReasonToEndIsNotCalledAStream() throws {
        let open = row("1767000001", #""one""#).replacingOccurrences(of: #""stop""#, with: "null")
        let (outcome, report) = try pull(try folder.write("log.jsonl", open + "\n" + row("1767000002", #""two""#)))
        #expect(report?.counts["dropped_unfinished_response"] == 1)
        #expect(outcome.errors.contains("finish_reason is null, expected stop or tool_calls"), "\(outcome.errors)")
    }

    /// `--quiet` said nothing of them, and what was lost showed in no place where one looks.
    @Test func rowsThatAreDroppedAreAWarning() throws {
        let log = try folder.write("log.jsonl", row("1767000001", #""one""#) + "\nbroken\n")
        let outcome = try Executable.run("retort-pull", log, "--workspace", folder.file("w"), "--quiet")
        #expect(outcome.status == 0)
        #expect(outcome.errors == "warning: 1 of 2 rows were dropped\n", "\(outcome.errors)")
    }
}
