import Foundation
import JSON
import Randomness
import Testing
import TestSupport

/// Damaged responses of teachers: no crash, no hang, and books that add up.
@Suite(.ownThreads) struct TeacherFuzzCasesTests {
    private static let edges: [JSONValue] = [
        nil, true, false, 0, -1, 1, 4_294_967_295, 9_223_372_036_854_775_807, -9_223_372_036_854_775_808, 1e308, 0.5,
        "", "parcel", "\u{0}\u{1B}[2J", "429", [], [[]], [:], ["error": "x"], ["code": 402], ["type": "text"],
        .string(String(repeating: "é", count: 5000)),
    ]

    private static let completion: JSONValue = [
        "id": "x", "object": "chat.completion", "model": "m",
        "choices": [
            [
                "index": 0, "finish_reason": "stop", "logprobs": nil,
                "message": ["role": "assistant", "content": "parcel", "refusal": nil, "tool_calls": []],
            ]
        ],
        "usage": [
            "prompt_tokens": 30, "completion_tokens": 2, "total_tokens": 32,
            "completion_tokens_details": ["reasoning_tokens": 0],
        ],
    ]
    private static let message: JSONValue = [
        "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [["type": "thinking", "thinking": "hm"], ["type": "text", "text": "parcel"]],
        "usage": ["input_tokens": 30, "output_tokens": 20, "cache_read_input_tokens": 0],
    ]
    private static let error: JSONValue = [
        "type": "error",
        "error": [
            "type": "invalid_request_error", "message": "'temperature' or credits?", "code": "x",
            "param": "temperature",
            "metadata": ["raw": "y"],
        ],
    ]

    /// Changes one place of a value, chosen evenly among the places of its depth.
    private static func damaged(_ value: JSONValue, _ random: inout SplitMix64) -> JSONValue {
        let stops = random.next() % 4 == 0
        switch value {
        case .array(let elements) where !stops && !elements.isEmpty:
            var elements = elements
            let index = Int(random.next() % UInt64(elements.count))
            switch random.next() % 8 {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = damaged(elements[index], &random)
            }
            return .array(elements)
        case .object(let object) where !stops && !object.isEmpty:
            var object = object
            let key = object.keys[Int(random.next() % UInt64(object.count))]
            switch random.next() % 8 {
            case 0: object[key] = nil
            case 1: object["error"] = edges[Int(random.next() % UInt64(edges.count))]
            default: object[key] = damaged(object[key] ?? nil, &random)
            }
            return .object(object)
        default: return edges[Int(random.next() % UInt64(edges.count))]
        }
    }

    private static func answer(_ number: Int, _ seed: UInt64, _ dialect: String) -> ScriptedTeacher.Answer {
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(number))
        // Most answers are whole, so that the run goes on.
        if random.next() % 3 == 0 { return .init(200, dialect == "openai" ? completion : message) }
        let isError = random.next() % 6 == 0
        let statuses = [400, 403, 404, 408, 413, 422, 500, 502, 529]
        let status = isError ? statuses[Int(random.next() % UInt64(statuses.count))] : 200
        var json = isError ? error : dialect == "openai" ? completion : message
        for _ in 0...random.next() % 3 { json = damaged(json, &random) }
        var bytes = json.serializedBytes()
        if random.next() % 8 == 0, !bytes.isEmpty {
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
        return .init(status, bytes: bytes, headers: ["retry-after-ms": "1"])
    }

    @Test(arguments: ["openai", "anthropic"], [1, 2, 3] as [UInt64])
    func damagedResponsesNeitherCrashNorCheat(dialect: String, seed: UInt64) throws {
        let bench = try LabelCase(count: 60)
        let teacher = try ScriptedTeacher { Self.answer($0.number, seed, dialect) }
        var last: Executable.Outcome?
        // Some answers end a run, a want of money for one: it is gone on with.
        for _ in 0..<12 {
            let ended = try bench.label(teacher, "--dialect", dialect, "--max-retries", "2", "--budget-usd", "2")
            #expect([0, 1, 4, 75].contains(ended.status), "exit \(ended.status): \(ended.errors)")
            #expect(!ended.errors.contains("fault in Retort"), "\(ended.errors)")
            #expect(!ended.errors.contains("\u{1B}"))
            last = ended
            if ended.status == 0 || ended.status == 4 { break }
        }
        let book = try bench.ledger("--by", "request", "--json")
        #expect(book.status == 0, "\(book.errors)")
        let rows = book.report["details"]?.arrayValue ?? []
        let sum = rows.reduce(0) { $0 + ($1["usd"]?.doubleValue ?? .nan) }
        #expect(abs(sum - (book.report["figures"]?["booked_usd"]?.doubleValue ?? .nan)) < 1e-9)
        #expect(sum <= 2 + 8.5, "one bill of a million tokens may surprise, not two")
        #expect(rows.allSatisfy { ($0["usd"]?.doubleValue ?? -1) >= 0 })
        if let last, last.status == 0 {
            #expect(abs(sum - (last.report["figures"]?["spent_in_all_usd"]?.doubleValue ?? .nan)) < 1e-9)
            #expect(try Set(bench.labels().values).subtracting(["parcel", "refund", "refund_status"]).isEmpty)
        }
    }
}
