import Conversations
import Dialects
import JSON
import Testing

/// Bodies as the vendors' servers send them, read; what we write, read again.
@Suite struct DialectTests {
    private static let openAI = #"""
        {"id": "chatcmpl-B9MBs8", "object": "chat.completion", "created": 1741569952, "model": "gpt-4.1-2025-04-14",
         "choices": [{"index": 0, "message": {"role": "assistant", "content": "refund", "refusal": null, "annotations": []},
                      "logprobs": null, "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 19, "completion_tokens": 3, "total_tokens": 22,
                   "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                   "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0}},
         "service_tier": "default"}
        """#
    private static let anthropic = #"""
        {"id": "msg_013Zva2CM", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
         "content": [{"type": "thinking", "thinking": "A refund, then.", "signature": "EqQB"},
                     {"type": "text", "text": "re"}, {"type": "text", "text": "fund"}],
         "stop_reason": "end_turn", "stop_sequence": null,
         "usage": {"input_tokens": 12, "cache_creation_input_tokens": 4, "cache_read_input_tokens": 3, "output_tokens": 40}}
        """#

    @Test func anAnswerIsTheSameWhoeverGivesIt() throws {
        for (dialect, body) in [(Dialect.openai, DialectTests.openAI), (.anthropic, DialectTests.anthropic)] {
            let answer = try dialect.answer(in: try JSONValue(parsing: body))
            #expect(answer.text == "refund")
            #expect(answer.end == .finished)
            #expect(answer.calls.isEmpty && !answer.isRefusal && !answer.hasOtherParts)
            #expect(answer.hasThoughts == (dialect == .anthropic))
        }
    }

    @Test func usageIsWhatIsBilled() throws {
        let openAI = ReportedUsage(try JSONValue(parsing: DialectTests.openAI), dialect: .openai, hasAnswer: true)
        #expect(openAI == .stated(TokenUsage(input: 19, output: 3)))
        let anthropic = ReportedUsage(
            try JSONValue(parsing: DialectTests.anthropic), dialect: .anthropic, hasAnswer: true)
        #expect(anthropic == .stated(TokenUsage(input: 19, output: 40)))
        // The body of one read as the other's states nothing.
        let other = ReportedUsage(try JSONValue(parsing: DialectTests.openAI), dialect: .anthropic, hasAnswer: true)
        #expect(other == .refused("input_tokens: missing"))
    }

    @Test func callsAreRead() throws {
        let openAI = try JSONValue(
            parsing: #"""
                {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": null,
                 "tool_calls": [{"id": "call_1", "type": "function",
                                 "function": {"name": "weather", "arguments": "{\"city\":\"Oslo\"}"}}]}}]}
                """#)
        let anthropic = try JSONValue(
            parsing: #"""
                {"type": "message", "role": "assistant", "stop_reason": "tool_use",
                 "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}}]}
                """#)
        for (dialect, body) in [(Dialect.openai, openAI), (.anthropic, anthropic)] {
            let answer = try dialect.answer(in: body)
            #expect(answer.calls == [ToolCall(id: "call_1", name: "weather", arguments: #"{"city":"Oslo"}"#)])
            #expect(answer.end == .toolCalls)
        }
    }

    @Test func whatIsNoAnswerIsRefused() {
        #expect(throws: MalformedResponse("no message in the first of its choices")) {
            _ = try Dialect.openai.answer(in: ["choices": []])
        }
        #expect(throws: MalformedResponse("no content blocks")) {
            _ = try Dialect.anthropic.answer(in: ["content": "refund"])
        }
    }

    @Test func aQuestionIsAskedInEachDialectsWords() throws {
        let call = ToolCall(id: "c", name: "f", arguments: "{}")
        let question = Question(
            messages: [
                Message(.system, "Be brief."), Message(.user, "hi"), Message(.assistant, nil, toolCalls: [call]),
                Message(.tool, "42", toolCallID: "c"),
            ], limit: 7, limitName: .maxCompletionTokens, topLogprobs: 2)
        let openAI = JSONValue.object(Dialect.openai.asking(question))
        #expect(openAI["max_completion_tokens"] == 7 && openAI["max_tokens"] == nil)
        #expect(openAI["top_logprobs"] == 2 && openAI["logprobs"] == true)
        #expect(openAI["messages"]?.arrayValue?.map { $0["role"] } == ["system", "user", "assistant", "tool"])
        #expect(
            JSONValue.object(Dialect.anthropic.asking(question))
                == [
                    "max_tokens": 7, "system": "Be brief.",
                    "messages": [
                        ["role": "user", "content": "hi"],
                        [
                            "role": "assistant",
                            "content": [["type": "tool_use", "id": "c", "name": "f", "input": [:]]],
                        ],
                        [
                            "role": "user",
                            "content": [["type": "tool_result", "tool_use_id": "c", "content": "42"]],
                        ],
                    ],
                ])
    }

    @Test func errorsAreReadAsTheyAreWritten() throws {
        for dialect in Dialect.allCases {
            let written = dialect.error(type: "rate_limit_error", message: "slow down")
            let read = ServerError(body: written.serializedBytes())
            #expect(read.words.contains("rate_limit_error"))
            #expect(read.message == "slow down")
            #expect(read.impliedStatus == 429)
            #expect(!dialect.isAboutModelOrRoute(read))
            let missing = ServerError(
                body: dialect.error(type: "not_found_error", message: "no such model").serializedBytes())
            #expect(dialect.isAboutModelOrRoute(missing))
        }
    }

    /// A stream put together is the answer that would have come whole.
    @Test(arguments: [nil, "I would rather not."]) func chunksAreTheAnswerInPieces(refusal: String?) throws {
        let writer = CompletionWriter(
            id: "chatcmpl-1", created: 1, model: "m", fingerprint: "fp", chunksHaveUsage: true)
        let usage = OpenAIChat.usage(prompt: 5, completion: 2, cached: 3)
        let entries = ["Good ", "day"].map {
            OpenAIChat.entry(of: (Array($0.utf8), -0.5), alternatives: [(Array("x".utf8), -.infinity)])
        }
        let whole = JSONValue.object(
            writer.whole(
                refusal == nil ? "Good day" : "", refusal: refusal,
                logprobs: refusal == nil ? OpenAIChat.logprobs(entries) : .null, finish: "stop", usage: usage))
        var chunks = [writer.opening()]
        if let refusal {
            chunks.append(writer.refusal(refusal))
        } else {
            for (text, entry) in zip(["Good ", "day"], entries) {
                chunks.append(writer.piece(text, logprobs: OpenAIChat.logprobs([entry])))
            }
        }
        chunks += [writer.closing(finish: "stop"), writer.usage(usage)]
        var notes: Set<RowNote> = []
        let request: JSONValue = ["messages": [["role": "user", "content": "hi"]]]
        func record(_ response: JSONValue) throws -> LogRecord {
            try LogRecord(["timestamp": 1_790_843_400, "request": request, "response": response], notes: &notes)
        }
        let events = chunks.map { "data: \(JSONValue.object($0).serialized())\n\n" }.joined() + "data: [DONE]\n\n"
        for streamed in [JSONValue.array(chunks.map { .object($0) }), .string(events)] {
            guard refusal == nil else {
                #expect(throws: RowFault(.refusedResponse)) { try record(streamed) }
                #expect(throws: RowFault(.refusedResponse)) { try record(whole) }
                continue
            }
            let together = try record(streamed), direct = try record(whole)
            #expect(together.answer == direct.answer)
            #expect(together.response["usage"] == direct.response["usage"])
            #expect(
                OpenAIChat.logprobs(of: together.response)?["content"]
                    == OpenAIChat.logprobs(of: direct.response)?["content"])
            #expect(OpenAIChat.finish(of: together.response) == "stop")
        }
    }

    @Test func messagesOfAnthropicAreReadAsTheyAreWritten() throws {
        let writer = MessageWriter(id: "msg_1", model: "m", inputTokens: 9, outputTokens: 2)
        let whole = JSONValue.object(writer.whole("Good day", finish: Dialect.anthropic.finishWord("length")))
        let read = try Dialect.anthropic.answer(in: whole)
        #expect(read.text == "Good day" && read.end == .truncated && read.finish == "max_tokens")
        #expect(
            ReportedUsage(whole, dialect: .anthropic, hasAnswer: true) == .stated(TokenUsage(input: 9, output: 2)))
        let events = writer.events(["Good ", "day"], finish: "end_turn")
        #expect(
            events.map { $0["type"]?.stringValue } == [
                "message_start", "content_block_start", "content_block_delta", "content_block_delta",
                "content_block_stop", "message_delta", "message_stop",
            ])
        #expect(events.compactMap { $0["delta"]?["text"]?.stringValue }.joined() == "Good day")
    }
}
