import Foundation
import Randomness
import Testing
import TestSupport

/// Damaged rows, through the built `retort-pull` and `retort-curate`: none crashes them, and every one is accounted for.
@Suite(.ownThreads) struct PullFuzzCasesTests: PullSuite {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private var seeds: [String] {
        let call = #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#
        let chunks = [(call, "null"), (#"{"content":"x\ud83d"}"#, #""stop""#)].map { delta, reason in
            #"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
        }
        return [
            row("1767000001", #""where is it""#, extra: #","workload_id":"desk","error":null"#),
            row(#""2026-01-05T10:00:00Z""#, #"[{"type":"text","text":"a"},{"type":"image_url","image_url":{}}]"#),
            #"{"timestamp":1767000002,"request":{"messages":[{"role":"user","content":"s"}]},"response":["#
                + chunks.joined(separator: ",") + "]}",
            row(
                "1767000003", #""decided""#,
                extra: #","decision":{"adapter":"a","escalated":true,"cause":"c","latency_ms":1}"#),
        ]
    }

    private func damaged(_ text: String, _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(text.utf8)
        let pieces = [
            "null", "1e999", "-0", "{}", "[]", #""""#, #""\\ud83d""#, #""e\u{301}""#, "NaN", "\"a\":", ",", "}", "[",
            "\\", "\u{0}",
        ]
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
            case 2: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: place)
            case 3:
                // A value becomes another: what stands between a colon and the next comma.
                guard let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
                    let comma = bytes[colon...].firstIndex(of: UInt8(ascii: ","))
                else { continue }
                bytes.replaceSubrange(colon + 1..<comma, with: Array(pieces.randomElement(using: &random)!.utf8))
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func everyDamagedRowIsAccountedFor(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var rows = [Array(row("1767000000", #""first""#).utf8)]
        for _ in 0..<400 { rows.append(damaged(seeds.randomElement(using: &random)!, &random)) }
        let path = try folder.write("log.jsonl", Data(rows.joined(separator: [UInt8(ascii: "\n")])))
        let (outcome, report) = try pull(path, "--output", "\(folder)/out.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let counts = try #require(report).counts
        let dropped = counts.filter { $0.key.hasPrefix("dropped_") }.values.reduce(0, +)
        let blank = rows.count { $0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
        #expect(counts["seen"] == rows.count - blank)
        #expect(counts["seen"] == (counts["kept"] ?? 0) + (counts["repeated"] ?? 0) + dropped)
        #expect(try output("\(folder)/out.jsonl").count == counts["interactions"])
        // What it wrote is read as the same.
        let again = try Executable.run(
            "retort-pull", "\(folder)/out.jsonl", "--workspace", "\(folder)/again", "--json")
        #expect(CaseReport(again.output)?.outputs == report?.outputs, "\(again.errors)")
        let task = try folder.write(
            "task.yaml",
            "{name: replies, kind: generation, prompts: {student: {user: '{input}'}, teacher: {user: '{input}'}}}")
        let curated = try Executable.run(
            "retort-curate", "--task", task, "--logged", "--output", "\(folder)/set", "--workspace", "\(folder)/w")
        #expect([0, 1].contains(curated.status), "\(curated.errors)")
    }
}
