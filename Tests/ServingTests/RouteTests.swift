import Foundation
import HTTPTransport
import JSON
import Testing
import TestSupport

@Suite(.serialized)
struct RouteTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    @Test func streamSaysWhatTheWholeAnswerSays() async throws {
        let server = try await Server(bench.flags("--task", try bench.task()))
        let base = "retort-base-6m-f16"
        let cases: [(model: String, fields: [(key: String, value: JSONValue)])] = [
            ("intent", []), (base, [("temperature", 0), ("max_tokens", 24)]),
            (base, [("temperature", 1), ("seed", 7), ("max_tokens", 24)]),
            (base, [("temperature", 0), ("max_completion_tokens", 24), ("stop", ["a ", "ee"])]),
        ]
        for (model, fields) in cases {
            let whole = try await server.chat(model, "I need a ride to the airport.", fields)
            let stream = try await server.chat(
                model, "I need a ride to the airport.",
                fields + [("stream", true), ("stream_options", ["include_usage": true])])
            #expect(whole.status == 200, "\(whole.errorMessage)")
            #expect(stream.status == 200)
            #expect(stream.isDone)
            #expect(!whole.text.isEmpty)
            #expect(stream.text == whole.text)
            #expect(stream.finish == whole.finish)
            #expect(stream.retort["artifact"] == whole.retort["artifact"])
            #expect(stream.headers["x-retort-adapter"] == whole.headers["x-retort-adapter"])
            let usage = stream.events.last?["usage"]
            #expect(usage?["completion_tokens"] == whole.json["usage"]?["completion_tokens"])
            #expect(usage?["prompt_tokens"] == whole.json["usage"]?["prompt_tokens"])
            #expect(stream.events.first?["choices"]?.arrayValue?.first?["delta"]?["role"] == "assistant")
        }
    }

    /// The text is the one that llama.cpp gives (f32, greedy), from the model's card.
    @Test func baseContinuesAsTheReferenceDoes() async throws {
        let server = try await Server(bench.flags())
        let reply = try Reply(
            try await server.post(
                "/v1/completions",
                [
                    "model": "retort-base-6m-f16", "prompt": "<|im_start|>user\nI want to book a table for",
                    "temperature": 0,
                ]))
        #expect(reply.text == " two at 12:30 in the afternoon.")
        #expect(reply.finish == "stop")
        #expect(reply.headers["x-retort-adapter"] == "none")
    }

    /// The texts are llama.cpp's (f32, greedy), from the models' card. Neither model has a chat template, and the second
    /// has no token for every character; its vocabulary has tokens across words, so that its prompt ends before the comma.
    @Test(
        .enabled(if: Bench.stories.count == 2, "the story models beside the checkout are not there"),
        arguments: [
            (0, "Once upon a time,", " there was a little girl named Lily. She loved to play outside"),
            (1, "Once upon a time", ", a little girl named Lily lived in a small house with her mom"),
        ])
    func modelsWithoutATemplateContinueText(model: Int, prompt: String, expected: String) async throws {
        let path = Bench.stories[model]
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        let server = try await Server(["--base", path, "--workspace", bench.workspace])
        func complete(_ prompt: String) async throws -> Reply {
            try Reply(
                try await server.post(
                    "/v1/completions",
                    ["model": .string(name), "prompt": .string(prompt), "temperature": 0, "max_tokens": 24]))
        }
        #expect(try await complete(prompt).text.hasPrefix(expected))
        let chat = try await server.chat(name, "hello")
        #expect(chat.status == 400)
        #expect(chat.errorMessage.hasPrefix("messages: this model has no chat template"))
        let foreign = try await complete("h\u{e9}")
        #expect(foreign.status == (model == 0 ? 200 : 400))
        if model == 1 { #expect(foreign.errorMessage.hasPrefix("prompt: text cannot be encoded")) }
    }

    @Test func closedTaskAnswersWithALabelAndItsConfidence() async throws {
        let server = try await Server(bench.flags("--task", try bench.task()))
        let reply = try await server.chat("intent", "where is my parcel")
        let labels = ["refund", "delivery", "card_lost", "change_address", "other"]
        #expect(labels.contains(reply.text))
        #expect(reply.retort["label"]?.stringValue == reply.text)
        let confidence = try #require(reply.retort["confidence"]?.doubleValue)
        #expect(confidence >= 0.2 && confidence <= 1, "the best of five labels")
        #expect(reply.json["model"] == "intent")
        #expect(reply.retort["cause"] == "confident")
    }

    /// A template that says a word for every day of the year: each server's prompt is as long as its own date asks.
    @Test func aTemplateThatPrintsTheDateIsToldTodays() async throws {
        let template = try bench.file(
            "days.jinja",
            "{% for day in range(strftime_now('%j')|int) %}<|im_start|>{% endfor %}{{ messages[0].content }}")
        var lengths: [Int] = []
        let zones = [("Etc/GMT+12", -12), ("Etc/GMT-14", 14)]
        for (zone, hours) in zones {
            let server = try await Server(bench.flags("--template", template), environment: ["TZ": zone])
            let reply = try await server.chat("retort-base-6m-f16", "Hi", [("max_tokens", 1)])
            #expect(reply.status == 200, "\(reply.errorMessage)")
            let shown = Int(Date().timeIntervalSince1970) + hours * 3600
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = .gmt
            let day = try #require(
                calendar.ordinality(of: .day, in: .year, for: Date(timeIntervalSince1970: Double(shown))))
            lengths.append(try #require(reply.json["usage"]?["prompt_tokens"]?.integerValue) - day)
        }
        // What is left is the message's own length.
        #expect(lengths[0] == lengths[1] && lengths[0] > 0)
    }

    @Test func modelsAreChosenByName() async throws {
        try bench.promote(2, alias: "canary")
        let server = try await Server(bench.flags("--model", "intent@canary"))
        for (model, version) in [("intent", 1), ("intent@production", 1), ("intent@canary", 2), ("intent:2", 2)] {
            #expect(try await server.chat(model, "hello", [("max_tokens", 1)]).version == version, "\(model)")
        }
        let ids = try await server.get("/v1/models")["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue }
        #expect(ids == ["intent", "intent@canary", "retort-base-6m-f16"])
        #expect(try await server.get("/v1/models/intent@canary")["retort"]?["version"] == 2)
        for model in ["gpt-5", "intent@beta", "intent:9", "other:1", "", "intent@"] {
            let reply = try await server.chat(model, "hello")
            #expect(reply.status == 404)
            #expect(reply.errorCode == "model_not_found")
            #expect(reply.errorMessage.hasSuffix("known are 'intent', 'intent@canary', 'retort-base-6m-f16'"))
        }
    }

    @Test func versionsThatWereNeverPromotedAreNotForRequests() async throws {
        let server = try await Server(bench.flags())
        let refused = try await server.chat("intent:2", "hello", [("max_tokens", 1)])
        #expect(refused.status == 404 && refused.errorCode == "model_not_found")
        #expect(refused.errorMessage == "the model 'intent:2' was never promoted, and is not for requests")
        #expect(try await server.send("GET", "/v1/models/intent:2").status == 404)
        // Who was promoted once may be asked, also when another took its place.
        try bench.promote(2)
        #expect(try await server.waitForHealth { $0["models"]?.arrayValue?.first?["version"] == 2 })
        for version in [1, 2] {
            #expect(try await server.chat("intent:\(version)", "hello", [("max_tokens", 1)]).version == version)
        }
        try bench.register(bench.adapter(seed: 3, name: "intent-3"))
        #expect(try await server.chat("intent:3", "hello").status == 404)
        let open = try await Server(bench.flags("--unpromoted"))
        #expect(try await open.chat("intent:3", "hello", [("max_tokens", 1)]).version == 3)
        // Taking a restored registry for the true one names the newest version, and promotes none.
        let accepted = try Executable.run(
            "retort-registry", "accept", "--reason", "a restore", "--workspace", bench.workspace)
        #expect(accepted.status == 0, "\(accepted.errors)")
        let restored = try await Server(bench.flags())
        #expect(try await restored.chat("intent:3", "hello").status == 404)
    }

    @Test func badRequestsAreNamed() async throws {
        let server = try await Server(bench.flags("--max-body", "20000"))
        let message: JSONValue = ["role": "user", "content": "hello"]
        func body(_ field: String, _ value: JSONValue) -> JSONValue {
            var object = JSONObject([(key: "model", value: "intent"), (key: "messages", value: [message])])
            object[field] = value
            return .object(object)
        }
        let cases: [(JSONValue, String)] = [
            (["messages": [message]], "model: missing, expected a string"),
            (["model": "intent"], "messages: expected an array of at least one message"),
            (body("messages", []), "messages: expected an array of at least one message"),
            (body("messages", [["role": "robot", "content": "x"]]), "messages[0]: role: 'robot', expected one of"),
            (body("temperature", 3), "temperature: 3, expected a number from 0.0 to 2.0"),
            (body("temperature", "hot"), "temperature: a string, expected a number"),
            (body("max_tokens", 0), "max_tokens: 0, expected a whole number from 1"),
            (body("stop", ["a", "b", "c", "d", "e"]), "stop: expected a text or up to 4 texts"),
            (body("n", 2), "n: only one answer a request is supported"),
            (body("logprobs", "yes"), "logprobs: a string, expected true or false"),
            (body("top_logprobs", 3), "top_logprobs: only with logprobs: true"),
            (body("tools", [["type": "function"]]), "tools: tools are not supported"),
            (body("response_format", ["type": "json_object"]), "response_format: only text is supported"),
            (body("temprature", 1), "temprature: unknown field; did you mean 'temperature'?"),
            (
                body("messages", [["role": "user", "content": [["type": "image_url"]]]]),
                "messages[0].content: a part of type 'image_url', expected text"
            ),
        ]
        for (json, expected) in cases {
            let reply = try Reply(try await server.post("/v1/chat/completions", json))
            #expect(reply.status == 400, "\(expected)")
            #expect(reply.errorMessage.hasPrefix(expected), "\(reply.errorMessage)")
            #expect(reply.json["error"]?["type"] == "invalid_request_error")
        }
        let broken = try Reply(try await server.send("POST", "/v1/chat/completions", body: Array("{\"model\":".utf8)))
        #expect(broken.status == 400)
        #expect(broken.errorCode == "invalid_json")
        let large = try Reply(
            try await server.send("POST", "/v1/chat/completions", body: [UInt8](repeating: 0x20, count: 20001)))
        #expect(large.status == 413)
        #expect(large.errorMessage == "the request body is larger than 20000 bytes")
        let long = try await server.chat("intent", String(repeating: "where is my parcel ", count: 600))
        #expect(long.status == 400)
        #expect(long.errorCode == "context_length_exceeded")
        #expect(long.errorMessage.contains("context is 1024 tokens long; the request has "))
        let unknown = try Reply(try await server.send("GET", "/v2/nothing"))
        #expect(unknown.status == 404)
        #expect(unknown.errorMessage == "GET /v2/nothing does not exist here")
        #expect(try await server.chat("intent", "hello", [("max_tokens", 1)]).status == 200)
    }

    @Test func onlyTheKeyOpens() async throws {
        let server = try await Server(
            bench.flags("--api-key-file", try bench.file("key", "open-sesame\n")))
        let request: JSONValue = [
            "model": "intent", "max_tokens": 1, "messages": [["role": "user", "content": "hello"]],
        ]
        for header in ["", "Bearer open", "open-sesame", "Bearer open-sesame2"] {
            let reply = try Reply(
                try await server.post("/v1/chat/completions", request, headers: ["authorization": header]))
            #expect(reply.status == 401)
            #expect(reply.errorCode == "invalid_api_key")
        }
        let reply = try Reply(
            try await server.post(
                "/v1/chat/completions", request, headers: ["authorization": "Bearer open-sesame"]))
        #expect(reply.status == 200)
        #expect(try await server.get("/healthz")["status"] == "ok")
        #expect(try !server.errors.contains("sesame"))
    }
}
