import Foundation
import HTTPTransport
import JSON
import Randomness
import Testing
import TestSupport

/// Requests that are changed at random: whatever comes is answered, and never with a fault of the server.
@Suite(.serialized, .ownThreads)
struct RequestFuzzCasesTests {
    private static let base = "retort-base-6m-f16"

    private static let seeds: [(path: String, body: JSONValue)] = [
        (
            "/v1/chat/completions",
            [
                "model": .string(base), "max_tokens": 2, "temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1,
                "seed": 7, "stop": ["a", "b"], "logit_bias": ["5": 1], "n": 1, "stream": true, "logprobs": true,
                "top_logprobs": 2, "stream_options": ["include_usage": true], "user": "u", "metadata": ["k": "v"],
                "messages": [
                    ["role": "system", "content": "Be brief."],
                    ["role": "user", "content": [["type": "text", "text": "Where is it?"]]],
                    [
                        "role": "assistant", "content": nil,
                        "tool_calls": [
                            ["id": "c", "type": "function", "function": ["name": "find", "arguments": "{\"a\":1}"]]
                        ],
                    ], ["role": "tool", "tool_call_id": "c", "content": "there"],
                    ["role": "user", "name": "ann", "content": "Thanks"],
                ],
            ]
        ),
        (
            "/v1/completions",
            [
                "model": .string(base), "prompt": "Once", "max_tokens": 2, "presence_penalty": 1,
                "frequency_penalty": 0.5, "repetition_penalty": 1.1, "echo": false, "stop": "x", "logit_bias": [:],
            ]
        ),
    ]

    private static let values: [JSONValue] = [
        nil, true, false, 0, 1, -1, 1e308, 4_294_967_296, 0.5, "", "a", "\u{0}", "\u{FEFF}é\u{301}", [], [nil], [:],
        ["a": 1], "none", 9_223_372_036_854_775_807, .string(String(repeating: "x", count: 3000)),
    ]

    private func mutated(_ value: JSONValue, _ random: inout SplitMix64, isWhole: Bool = false) -> JSONValue {
        if !isWhole, random.below(4) == 0 { return Self.values[random.below(Self.values.count)] }
        switch value {
        case .array(var elements):
            guard !elements.isEmpty else { return [1] }
            let place = random.below(elements.count)
            switch random.below(5) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            case 2: elements.swapAt(place, 0)
            default: elements[place] = mutated(elements[place], &random)
            }
            return .array(elements)
        case .object(let object):
            guard !object.isEmpty else { return ["a": nil] }
            var members = object.members
            let place = random.below(members.count)
            switch random.below(6) {
            case 0: members.remove(at: place)
            case 1: members[place].key += "x"
            case 2: members[place].key = members[random.below(members.count)].key
            default: members[place].value = mutated(members[place].value, &random)
            }
            return .object(JSONObject(members))
        default: return Self.values[random.below(Self.values.count)]
        }
    }

    private func damaged(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(UInt8(ascii: "\""), at: place)
            default: bytes = Array(bytes.prefix(place))
            }
        }
        return bytes
    }

    /// `RETORT_FUZZ_SECONDS` makes it longer, and `RETORT_FUZZ_SEED` another one.
    @Test func everyBodyIsAnsweredAndNoneIsAFault() async throws {
        let environment = ProcessInfo.processInfo.environment
        var random = SplitMix64(seed: environment["RETORT_FUZZ_SEED"].flatMap { UInt64($0) } ?? 9)
        let seconds = environment["RETORT_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
        let folder = try ScratchFolder()
        let server = try await Server(["--base", Checkout.base, "--workspace", folder.file("workspace")])
        let end = Date(timeIntervalSinceNow: seconds)
        var statuses: [Int: Int] = [:]
        var memory: [Int] = []
        var count = 0
        while count < 1200 || Date() < end {
            let seed = Self.seeds[random.below(2)]
            var body = seed.body
            for _ in 0...random.below(2) { body = mutated(body, &random, isWhole: true) }
            var bytes = body.serializedBytes()
            if random.below(4) == 0 { bytes = damaged(bytes, &random) }
            let response = try await server.send("POST", seed.path, body: bytes)
            statuses[response.status, default: 0] += 1
            let shown = String(decoding: bytes.prefix(600), as: UTF8.self)
            #expect([200, 400, 404].contains(response.status), "\(response.status): \(shown)")
            if response.status != 200 { #expect(try !Reply(response).errorMessage.isEmpty, "\(shown)") }
            count += 1
            if count % 400 == 0 { memory.append(try residentBytes(of: server.process)) }
        }
        #expect(await server.stop() == 0)
        #expect(statuses[200] ?? 0 > count / 20, "\(statuses)")
        let growth = (memory.last ?? 0) - (memory.first ?? 0)
        #expect(growth < 64 << 20, "\(memory)")
    }

    private func residentBytes(of process: Process) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
    }
}
