import Architectures
import ChatTemplates
import Checkpoints
import Conversations
import Dialects
import Foundation
import Inference
import JSON
import PlainText
import Testing
import TestSupport
import Tokenizers

/// `logprobs` and `top_logprobs` as OpenAI's clients know them, from the built server.
@Suite(.serialized)
struct LogprobsTests {
    private let bench: Bench
    private let base = "retort-base-6m-f16"
    private let question = "I need a ride to the airport."

    init() throws { bench = try Bench() }

    private func entries(_ reply: Reply) -> [JSONValue] {
        let choices = reply.events.isEmpty ? [reply.json] : reply.events
        return choices.flatMap { json in
            json["choices"]?.arrayValue?.first?["logprobs"]?["content"]?.arrayValue ?? []
        }
    }

    private func bytes(_ entries: [JSONValue]) -> [UInt8] {
        entries.flatMap { ($0["bytes"]?.arrayValue ?? []).compactMap { $0.integerValue.map { UInt8($0) } } }
    }

    /// The logarithm of the softmax of the logits that the engine gives for the whole sequence at once.
    @Test(arguments: [0.0, 1.0]) func theyAreThoseOfTheModelsOwnLogits(temperature: Double) async throws {
        let server = try await Server(bench.flags())
        let fields: [(key: String, value: JSONValue)] = [
            ("temperature", .number(temperature)), ("seed", 3), ("max_tokens", 12), ("logprobs", true),
            ("top_logprobs", 4),
        ]
        let reply = try await server.chat(base, question, fields)
        #expect(reply.status == 200, "\(reply.errorMessage)")
        let found = entries(reply)
        #expect(found.count == reply.json["usage"]?["completion_tokens"]?.integerValue)
        #expect(String(decoding: bytes(found), as: UTF8.self) == reply.text)

        let encoder = try bench.checkpoint.tokenizer
        let prompt = try ChatEncoder(tokenizer: encoder, template: bench.checkpoint.template, now: LocalTime(Date()))
            .prompt([Message(.user, question)])
        let answer = try encoder.encode(reply.text, parseSpecial: false)
        try #require(answer.count == found.count)
        let size = bench.checkpoint.architecture.vocabularySize
        let logits = try InferenceEngine(checkpoint: bench.checkpoint).logits(prompt + answer)
        for (place, entry) in found.enumerated() {
            let row = logits[(prompt.count + place - 1) * size..<(prompt.count + place) * size].map(Double.init)
            let sum = log(row.reduce(0) { $0 + exp($1) })
            let expected = row[Int(answer[place])] - sum
            #expect(abs((entry["logprob"]?.doubleValue ?? .nan) - expected) < 1e-3)
            let top = entry["top_logprobs"]?.arrayValue ?? []
            let likeliest = row.indices.sorted { row[$0] > row[$1] }.prefix(4)
            #expect(top.map { bytes([$0]) } == likeliest.map { encoder.piece(Int32($0)) })
            for (candidate, id) in zip(top, likeliest) {
                #expect(abs((candidate["logprob"]?.doubleValue ?? .nan) - (row[id] - sum)) < 1e-3)
            }
            if temperature == 0 { #expect(top.first?["logprob"] == entry["logprob"]) }
        }
        #expect(!(try TokenLogprobs.places(of: ["content": .array(found)])).isEmpty)
    }

    @Test func aStreamCarriesThemWithTheTextTheyBelongTo() async throws {
        let server = try await Server(bench.flags())
        let fields: [(key: String, value: JSONValue)] = [
            ("temperature", 0), ("max_tokens", 24), ("logprobs", true), ("top_logprobs", 2),
        ]
        for stop in [[], ["a ", "ee"]] as [[JSONValue]] {
            let all = stop.isEmpty ? fields : fields + [(key: "stop", value: .array(stop))]
            let whole = try await server.chat(base, question, all)
            let stream = try await server.chat(base, question, all + [(key: "stream", value: true)])
            #expect(stream.text == whole.text)
            // A prompt whose beginning is known is computed in other pieces, which the last digits show.
            let (streamed, expected) = (entries(stream), entries(whole))
            #expect(streamed.map { $0["bytes"] } == expected.map { $0["bytes"] })
            #expect(
                zip(streamed, expected).allSatisfy {
                    abs(($0["logprob"]?.doubleValue ?? .nan) - ($1["logprob"]?.doubleValue ?? .nan)) < 1e-4
                })
            // A stop text is no part of the answer; the token that it begins in may be.
            #expect(String(decoding: bytes(entries(whole)), as: UTF8.self).hasPrefix(whole.text))
            if stop.isEmpty { #expect(String(decoding: bytes(entries(whole)), as: UTF8.self) == whole.text) }
        }
        let plain = try await server.chat(base, question, [("temperature", 0), ("max_tokens", 4)])
        #expect(plain.json["choices"]?.arrayValue?.first?["logprobs"] == JSONValue.null)
        let none = try await server.chat(base, question, [("temperature", 0), ("max_tokens", 4), ("logprobs", true)])
        #expect(entries(none).count == 4)
        #expect(entries(none).allSatisfy { $0["top_logprobs"] == [] })
    }

    /// A closed set is not generated; the label's tokens are scored where they would have been said.
    @Test func aLabelHasThemToo() async throws {
        let server = try await Server(bench.flags("--task", try bench.task()))
        let reply = try await server.chat("intent", question, [("logprobs", true), ("top_logprobs", 20)])
        #expect(reply.status == 200, "\(reply.errorMessage)")
        let found = entries(reply)
        #expect(String(decoding: bytes(found), as: UTF8.self) == reply.text)
        #expect(found.allSatisfy { $0["top_logprobs"]?.arrayValue?.count == 20 })
    }

    @Test func whatOpenAIRefusesIsRefused() async throws {
        let server = try await Server(bench.flags())
        let cases: [([(key: String, value: JSONValue)], String)] = [
            ([("top_logprobs", 3)], "top_logprobs: only with logprobs: true"),
            ([("logprobs", true), ("top_logprobs", 21)], "top_logprobs: 21, expected a whole number from 0 to 20"),
            ([("logprobs", 5)], "logprobs: 5, expected true or false"),
        ]
        for (fields, message) in cases {
            let reply = try await server.chat(base, question, fields)
            #expect(reply.status == 400)
            #expect(reply.errorMessage == message)
        }
        let text = try Reply(
            try await server.post("/v1/completions", ["model": .string(base), "prompt": "Hi", "logprobs": 3]))
        #expect(text.status == 400)
        #expect(text.errorMessage == "logprobs: only chat completions have log-probabilities")
    }
}
