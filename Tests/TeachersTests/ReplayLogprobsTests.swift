import Foundation
import HTTPTransport
import JSON
import Replay
import Testing

/// The replay server's log-probabilities over HTTP, whole and streamed.
@Suite struct ReplayLogprobsTests {
    /// `a€b`: the euro sign in two tokens.
    private static let entries: [JSONValue] = [[0x61], [0xE2, 0x82], [0xAC, 0x62]].map { (bytes: [Int]) in
        let top = (0..<5).map { rank -> JSONValue in
            ["token": .string("t\(rank)"), "logprob": .number(-2 - Double(rank) * 2), "bytes": nil]
        }
        return [
            "token": "?", "logprob": -0.25, "bytes": .array(bytes.map(JSONValue.integer)), "top_logprobs": .array(top),
        ]
    }

    private func ask(_ url: String, _ fields: (String, JSONValue)...) async throws -> HTTPResponse {
        var body: JSONValue = ["model": "m", "messages": [["role": "user", "content": "q"]]]
        if var object = body.objectValue {
            for (key, value) in fields { object[key] = value }
            body = .object(object)
        }
        return try await HTTPClient().send(
            HTTPRequest("POST", url + "/v1/chat/completions", headers: HTTPHeaders(), body: body.serializedBytes()))
    }

    @Test func asManyAlternativesAsAskedFor() async throws {
        let recording: [JSONValue] = [
            [
                "match": ["input": "q"],
                "response": [
                    "choices": [["message": ["content": "a€b"], "logprobs": ["content": .array(Self.entries)]]]
                ],
            ]
        ]
        let server = ReplayServer(recording: try Recording(lines: recording), options: ReplayServer.Options())
        try await server.serve { url in
            func entries(_ response: HTTPResponse) throws -> [JSONValue]? {
                let choice = try JSONValue(parsing: response.body)["choices"]?.arrayValue?.first
                return choice?["logprobs"]?["content"]?.arrayValue
            }
            #expect(try entries(try await ask(url)) == nil)
            let two = try await ask(url, ("logprobs", true), ("top_logprobs", 2))
            #expect(try entries(two)?.map { $0["top_logprobs"]?.arrayValue?.count } == [2, 2, 2])
            #expect(try entries(try await ask(url, ("logprobs", true), ("top_logprobs", 20))) == Self.entries)
            #expect(try await ask(url, ("top_logprobs", 2)).status == 400)
            #expect(try await ask(url, ("logprobs", true), ("top_logprobs", 21)).status == 400)

            let streamed = try await ask(url, ("logprobs", true), ("top_logprobs", 5), ("stream", true))
            let events = try String(decoding: streamed.body, as: UTF8.self).components(separatedBy: "\n\n")
                .filter { $0.hasPrefix("data: {") }.map { try JSONValue(parsing: String($0.dropFirst(6))) }
            let choices = events.compactMap { $0["choices"]?.arrayValue?.first }
            #expect(choices.compactMap { $0["delta"]?["content"]?.stringValue } == ["", "a", "€b"])
            #expect(choices.compactMap { $0["logprobs"]?["content"]?.arrayValue?.count } == [1, 2])
            #expect(choices.flatMap { $0["logprobs"]?["content"]?.arrayValue ?? [] } == Self.entries)
        }
    }
}
