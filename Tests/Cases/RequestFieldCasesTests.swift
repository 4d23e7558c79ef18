import Foundation
import HTTPTransport
import JSON
import Testing
import TestSupport

/// Fields of requests as OpenAI's clients send them: null is absent, what would change an answer is followed or refused
/// by name.
@Suite(.serialized, .ownThreads)
struct RequestFieldCasesTests {
    private let folder: ScratchFolder
    private let base = "retort-base-6m-f16"

    init() throws { folder = try ScratchFolder() }

    private func server() async throws -> Server {
        try await Server(["--base", Checkout.base, "--workspace", folder.file("workspace")])
    }

    private func chat(_ server: Server, _ fields: String, _ messages: String = #"{"role":"user","content":"hi"}"#)
        async throws -> Reply
    {
        // No key twice.
        let temperature = fields.contains(#""temperature""#) ? "" : #","temperature":0"#
        let body = #"{"model":"\#(base)","messages":[\#(messages)],"max_tokens":2\#(temperature)\#(fields)}"#
        return try Reply(try await server.send("POST", "/v1/chat/completions", body: Array(body.utf8)))
    }

    /// What `client.chat.completions.create(…, every_argument=None)` of OpenAI's Python client sends.
    @Test func nullIsAbsent() async throws {
        let server = try await server()
        let chat: JSONValue = [
            "messages": [
                [
                    "role": "user", "content": "Where is it?", "name": nil, "tool_calls": nil, "function_call": nil,
                    "refusal": nil, "audio": nil, "annotations": nil,
                ]
            ], "model": .string(base), "audio": nil, "frequency_penalty": nil, "function_call": nil, "functions": nil,
            "logit_bias": nil, "logprobs": nil, "max_completion_tokens": 2, "max_tokens": nil, "metadata": nil,
            "modalities": nil, "moderation": nil, "prompt_cache_options": nil, "n": nil, "parallel_tool_calls": nil,
            "prediction": nil, "presence_penalty": nil,
            "prompt_cache_key": nil, "reasoning_effort": nil, "response_format": nil, "safety_identifier": nil,
            "seed": nil, "service_tier": nil, "stop": nil, "store": nil, "stream": nil, "stream_options": nil,
            "temperature": nil, "tool_choice": nil, "tools": nil, "top_logprobs": nil, "top_p": nil, "user": nil,
            "verbosity": nil, "web_search_options": nil, "a_field_of_next_year": nil,
        ]
        let answered = try Reply(try await server.post("/v1/chat/completions", chat))
        #expect(answered.status == 200, "\(answered.errorMessage)")
        let text: JSONValue = [
            "model": .string(base), "prompt": "Where", "max_tokens": 2, "best_of": nil, "echo": nil,
            "frequency_penalty": nil, "logit_bias": nil, "logprobs": nil, "n": nil, "presence_penalty": nil,
            "seed": nil, "stop": nil, "stream": nil, "stream_options": nil, "suffix": nil, "temperature": nil,
            "top_p": nil, "user": nil, "messages": nil,
        ]
        let continued = try Reply(try await server.post("/v1/completions", text))
        #expect(continued.status == 200, "\(continued.errorMessage)")
        let needed = try Reply(try await server.post("/v1/chat/completions", ["model": nil, "messages": []]))
        #expect(needed.errorMessage == "model: missing, expected a string")
    }

    @Test func whatAsksForNothingIsTaken() async throws {
        let server = try await server()
        for fields in [
            #""n":1.0,"best_of":1e0,"seed":1e2,"top_k":-1,"top_logprobs":0,"logprobs":false"#,
            #""tools":[],"tool_choice":"none","functions":[],"parallel_tool_calls":true"#,
            #""response_format":{"type":"text","json_schema":null},"modalities":["text"],"reasoning_effort":"none""#,
            #""stream":false,"max_completion_tokens":2.0,"user":"u","metadata":{"a":"b"},"store":true"#,
            #""guided_json":null,"min_tokens":0,"ignore_eos":false,"echo":false,"skip_special_tokens":true"#,
            #""add_generation_prompt":true,"continue_final_message":false,"chat_template_kwargs":{}"#,
            #""stop":[],"logit_bias":{},"service_tier":"auto","cache_prompt":true,"mirostat":0,"repeat_penalty":1"#,
        ] {
            let reply = try await chat(server, "," + fields)
            #expect(reply.status == 200, "\(fields): \(reply.errorMessage)")
        }
    }

    @Test(arguments: [
        (#""n":2"#, "n"), (#""n":1.5"#, "n"), (#""tools":[{"type":"function"}]"#, "tools"),
        (#""tool_choice":"required""#, "tool_choice"),
        (#""response_format":{"type":"json_object"}"#, "response_format"),
        (#""response_format":{"type":"json_schema","json_schema":{}}"#, "response_format"),
        (#""modalities":["text","audio"]"#, "modalities"), (#""audio":{"voice":"x"}"#, "audio"),
        (#""prediction":{"type":"content","content":"x"}"#, "prediction"),
        (#""reasoning_effort":"high""#, "reasoning_effort"),
        (#""verbosity":"low""#, "verbosity"), (#""web_search_options":{}"#, "web_search_options"),
        (#""grammar":"root ::= \"a\"""#, "grammar"), (#""guided_json":{"type":"object"}"#, "guided_json"),
        (#""guided_choice":["a"]"#, "guided_choice"), (#""prompt_logprobs":1"#, "prompt_logprobs"),
        (#""stop_token_ids":[1]"#, "stop_token_ids"), (#""min_tokens":5"#, "min_tokens"),
        (#""ignore_eos":true"#, "ignore_eos"), (#""continue_final_message":true"#, "continue_final_message"),
        (#""chat_template":"x""#, "chat_template"), (#""prompt":"x""#, "prompt"), (#""suffix":"x""#, "suffix"),
        (#""logit_bias":{"99999999":1}"#, "logit_bias"), (#""logit_bias":{"-1":1}"#, "logit_bias"),
        (#""logit_bias":{"a":1}"#, "logit_bias"), (#""logit_bias":{"1":101}"#, "logit_bias"),
        (#""logit_bias":[1]"#, "logit_bias"), (#""temperature":"0""#, "temperature"),
        (#""temperature":2.1"#, "temperature"),
        (#""seed":1.5"#, "seed"), (#""stream":"yes""#, "stream"), (#""stop":["a",5]"#, "stop"),
        (#""max_completion_tokens":9"#, "max_tokens"), (#""stream_options":{"include_usage":true}"#, "stream_options"),
        (#""stream":true,"stream_options":{"include_usage":"yes"}"#, "stream_options.include_usage"),
        (#""metadata":{"a":{"b":"c"}}"#, "metadata"), (#""user":["a"]"#, "user"), (#""made_up":0"#, "made_up"),
    ])
    func whatIsNotFollowedIsNamed(fields: String, name: String) async throws {
        let reply = try await chat(try await server(), "," + fields)
        #expect(reply.status == 400, "\(fields)")
        #expect(reply.errorMessage.hasPrefix("\(name): "), "\(reply.errorMessage)")
        #expect(reply.json["error"]?["param"]?.stringValue == name)
    }

    @Test func theOtherRoutesFieldsAreNamed() async throws {
        let server = try await server()
        for (fields, message) in [
            (#""messages":[{"role":"user","content":"x"}]"#, "messages: only /v1/chat/completions takes it"),
            (#""logprobs":0"#, "logprobs: only chat completions have log-probabilities"),
            (#""echo":true"#, "echo: echoing the prompt"), (#""suffix":"x""#, "suffix: inserting"),
            (#""best_of":3"#, "best_of: only one answer"),
            (#""tools":[]"#, "tools: only /v1/chat/completions takes it"),
        ] {
            let body = #"{"model":"\#(base)","prompt":"x",\#(fields)}"#
            let reply = try Reply(try await server.send("POST", "/v1/completions", body: Array(body.utf8)))
            #expect(reply.status == 400)
            #expect(reply.errorMessage.hasPrefix(message), "\(reply.errorMessage)")
        }
    }

    @Test func whatAMessageHoldsIsUsedOrNamed() async throws {
        let server = try await server()
        let user = #"{"role":"user","content":"hi"}"#
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        for (messages, name) in [
            (#"{"role":"user","content":[{"type":"text","text":5}]}"#, "messages[0].content[0].text"),
            (#"{"role":"user","content":[{"type":"text"}]}"#, "messages[0].content[0].text"),
            (
                #"{"role":"user","content":[{"type":"text","text":"x","detail":"low"}]}"#,
                "messages[0].content[0].detail"
            ),
            (#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#, "messages[0].content[0]"),
            (#"{"role":"user","content":["x"]}"#, "messages[0].content[0]"),
            (#"{"role":"user","content":[]}"#, "messages[0].content"),
            (#"{"role":"user","content":5}"#, "messages[0].content"), (#"{"role":"user"}"#, "messages[0].content"),
            (#"{"role":"user","content":null}"#, "messages[0].content"),
            (#"{"role":"user","contents":"x","content":"y"}"#, "messages[0].contents"),
            (#"{"content":"x"}"#, "messages[0].role"), (#"{"role":"robot","content":"x"}"#, "messages[0].role"),
            (#"{"role":"function","name":"f","content":"x"}"#, "messages[0].role"), (#""hi""#, "messages[0]"),
            (#"{"role":"user","content":"x","name":5}"#, "messages[0].name"),
            (user + #",{"role":"assistant","content":"x","tool_calls":"abc"}"#, "messages[1].tool_calls"),
            (user + #",{"role":"assistant","tool_calls":[{"id":"c"}]}"#, "messages[1].tool_calls[0].function.name"),
            (
                user + #",{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}}"#,
                "messages[1].function_call"
            ),
            (user + #",{"role":"assistant","content":"x","prefix":true}"#, "messages[1].prefix"),
            (user + #",{"role":"assistant","content":"x","reasoning_content":"y"}"#, "messages[1].reasoning_content"),
            (user + #",{"role":"assistant","content":null}"#, "messages[1].content"),
            (
                user + #",{"role":"assistant","tool_calls":[\#(call)]},{"role":"tool","content":"x"}"#,
                "messages[2].tool_call_id"
            ),
            (
                user
                    + #",{"role":"assistant","tool_calls":[\#(call)]}"#
                    + #",{"role":"tool","content":"x","tool_call_id":"c2"}"#,
                "messages[2].tool_call_id"
            ),
            (#"{"role":"user","content":"x","tool_calls":[\#(call)]}"#, "messages[0].tool_calls"),
        ] {
            let reply = try await chat(server, "", messages)
            #expect(reply.status == 400, "\(messages)")
            #expect(reply.json["error"]?["param"]?.stringValue == name, "\(messages): \(reply.errorMessage)")
        }
        for messages in [
            #"{"role":"user","content":[{"type":"text","text":"h"},{"type":"text","text":"i","cache_control":{}}]}"#,
            user + #",{"role":"assistant","content":"x","prefix":false,"refusal":null,"annotations":[]},"# + user,
            #"{"role":"developer","content":"Be brief."},"# + user,
        ] {
            let reply = try await chat(server, "", messages)
            #expect(reply.status == 200, "\(messages): \(reply.errorMessage)")
        }
    }

    /// A template that writes no names and no calls would answer another conversation than the one that was sent.
    @Test func whatTheTemplateLeavesOutIsNamed() async throws {
        let plain = try folder.write(
            "plain.jinja",
            "{% for m in messages %}<|im_start|>{{ m.role }}\n"
                + "{{ m.content if m.role != 'tool' else '' }}<|im_end|>\n{% endfor %}"
        )
        let full = try folder.write(
            "full.jinja",
            "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.name }}\n"
                + "{{ m.content }}{{ m.tool_calls }}<|im_end|>\n{% endfor %}"
        )
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        let named = #"{"role":"user","name":"ann","content":"hi"}"#
        let called = #"{"role":"user","content":"hi"},{"role":"assistant","content":"x","tool_calls":[\#(call)]}"#
        let answered = called + #",{"role":"tool","tool_call_id":"c1","content":"y"}"#
        for (template, isWritten) in [(plain, false), (full, true)] {
            let server = try await Server(
                ["--base", Checkout.base, "--workspace", folder.file("workspace"), "--template", template])
            for (messages, name) in [
                (named, "messages[0].name"), (called, "messages[1].tool_calls"),
                (answered, "messages[1].tool_calls"),
            ] {
                let reply = try await chat(server, "", messages)
                #expect(reply.status == (isWritten ? 200 : 400), "\(messages): \(reply.errorMessage)")
                if !isWritten { #expect(reply.json["error"]?["param"]?.stringValue == name, "\(reply.errorMessage)") }
            }
        }
    }

    @Test func aStreamsChunksHaveWhatOpenAIsHave() async throws {
        let server = try await server()
        let reply = try await server.chat(
            base, "I want", [("max_tokens", 3), ("stream", true), ("stream_options", ["include_usage": true])])
        #expect(reply.isDone)
        #expect(reply.events.dropLast().allSatisfy { $0["usage"] == .null && $0["choices"]?.arrayValue?.count == 1 })
        #expect(reply.events.last?["choices"] == [])
        #expect(reply.events.last?["usage"]?["completion_tokens"] == 3)
        #expect(Set(reply.events.compactMap { $0["id"]?.stringValue }).count == 1)
        let without = try await server.chat(base, "I want", [("max_tokens", 3), ("stream", true)])
        #expect(without.events.allSatisfy { $0["usage"] == nil })
    }

    @Test(arguments: [
        (#"{"model":"M","messages":[{"role":"user","content":"a","content":"b"}]}"#, "a key twice in one object"),
        (#"{"model":"M","seed":1,"seed":2,"messages":[{"role":"user","content":"a"}]}"#, "a key twice in one object"),
        (#"{"model":"M","messages":[{"role":"user","content":"a\ud83d"}]}"#, "half a surrogate pair"),
    ])
    func whatNobodyCanTellIsRefused(body: String, message: String) async throws {
        let server = try await server()
        let reply = try Reply(try await server.send("POST", "/v1/chat/completions", body: Array(body.utf8)))
        #expect(reply.status == 400 && reply.json["error"]?["message"]?.stringValue?.contains(message) == true)
    }
}
