import Foundation
import JSON
import Testing
import TestSupport

/// Only what a teacher finished saying is a label.
@Suite(.ownThreads) struct TeacherAnswerCasesTests {
    private static let whole = "Boil vinegar, rinse twice."

    @Test func onlyAFinishedCompletionIsALabel() throws {
        let whole = Self.whole
        let answers: [String: ScriptedTeacher.Answer] = [
            "stop": .choice(["content": .string(whole)]),
            "eos": .choice(["content": .string(whole)], finish: "eos"),
            "thought": .choice(["content": .string("<think>Be brief.</think>\n\n\(whole)")]),
            "half marks": .choice(["content": .string("Be brief.</think>\n\n\(whole)")]),
            "parts": .choice([
                "content": [
                    ["type": "thinking", "thinking": [["type": "text", "text": "hm"]]],
                    ["type": "text", "text": "Boil vinegar, "], ["type": "text", "text": "rinse twice."],
                ]
            ]),
            "length": .choice(["content": "Boil vinegar, then"], finish: "length"),
            "MAX_TOKENS": .choice(["content": "Boil vinegar, then"], finish: "MAX_TOKENS"),
            "filter": .choice(["content": "Boil vin"], finish: "content_filter"),
            "SAFETY": .choice(["content": "Boil vin"], finish: "SAFETY"),
            "refusal": .choice(["content": nil, "refusal": "I'm sorry, I can't help with that."]),
            "refusal part": .choice(["content": [["type": "refusal", "refusal": "No."]]]),
            "tool": .choice(
                [
                    "content": "Let me look that up.",
                    "tool_calls": [
                        ["id": "c", "type": "function", "function": ["name": "search", "arguments": "{}"]]
                    ],
                ], finish: "tool_calls"),
            "old tool": .choice(["content": "Wait.", "function_call": ["name": "search", "arguments": "{}"]]),
            "open thought": .choice(["content": "<think>The user asks for descaling."]),
            "picture": .choice([
                "content": [["type": "text", "text": "See:"], ["type": "image_url", "image_url": [:]]]
            ]),
            "null": .choice(["content": .string(whole)], finish: nil),
            "strange": .choice(["content": .string(whole)], finish: "because"),
            "blank": .choice(["content": " \n"]),
        ]
        let bench = try LabelCase(answers.keys.sorted(), task: LabelCase.generation())
        let teacher = try ScriptedTeacher { request in
            let asked = request.body["messages"]?.arrayValue?[1]["content"]?.stringValue ?? ""
            return answers[asked] ?? .init(404, [:])
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0, "\(ended.errors)")
        let finished = ["stop", "eos", "thought", "half marks", "parts"]
        #expect(try bench.labels() == Dictionary(uniqueKeysWithValues: finished.map { ($0, whole) }))
        let expected: [String: Int] = [
            "the answer: cut at 1024 tokens": 2, "the answer: held back by a filter": 2, "the answer: a refusal": 2,
            "the answer: a tool call, expected text": 2, "the answer: a thought that does not end": 1,
            "the answer: something else than text": 1, "the answer: not ended (finish_reason: null)": 1,
            "the answer: ended with 'because', not known as an end": 1, "the answer: empty, expected text": 1,
        ]
        for (reason, count) in expected {
            #expect(ended.rejected[reason]?.integerValue == count, "\(reason): \(ended.errors)")
            #expect(ended.errors.contains("\(count) rejected: \(reason)"))
        }
        // Only the blank answer is asked once more: the others would come again.
        #expect(teacher.requests.count == answers.count + 1)
    }

    @Test func onlyAFinishedMessageIsALabel() throws {
        let whole = Self.whole
        func text(_ text: String) -> [JSONValue] { [["type": "text", "text": .string(text)]] }
        let answers: [String: ScriptedTeacher.Answer] = [
            "end_turn": .message(text(whole)), "stop_sequence": .message(text(whole), stop: "stop_sequence"),
            "max_tokens": .message(text("Boil vinegar, then"), stop: "max_tokens"),
            "window": .message(text("Boil"), stop: "model_context_window_exceeded"),
            "refusal": .message(text("I can't continue with"), stop: "refusal"),
            "tool_use": .message(
                text("I'll check.") + [["type": "tool_use", "id": "t", "name": "search", "input": [:]]],
                stop: "tool_use"),
            "pause_turn": .message(text("Boil vinegar, then"), stop: "pause_turn"),
        ]
        let bench = try LabelCase(answers.keys.sorted(), task: LabelCase.generation())
        let teacher = try ScriptedTeacher { answers[$0.lastText] ?? .init(404, [:]) }
        let ended = try bench.label(teacher, "--dialect", "anthropic")
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try bench.labels() == ["end_turn": whole, "stop_sequence": whole])
        #expect(ended.count("rejected") == 5 && ended.rejected["the answer: cut at 1024 tokens"] == 2)
        #expect(teacher.requests.count == answers.count)
    }

    /// `refund_status` cut after its first token is another label.
    @Test func aCutLabelIsNoLabelAndIsNotBoughtAgain() throws {
        let bench = try LabelCase(["where is my money", "any news on the refund"])
        let teacher = try ScriptedTeacher { request in
            let limit = request.body["max_tokens"]?.integerValue ?? 0
            return limit < 2
                ? .completion("refund", finish: "length", completionTokens: 1) : .completion("refund_status")
        }
        let cut = try bench.label(teacher, "--max-tokens", "1")
        #expect(cut.status == 1, "\(cut.errors)")
        #expect(cut.errors.contains("no label: all 2 inputs were rejected (2: the answer: cut at 1 tokens)"))
        #expect(cut.errors.contains("it said \"refund\"") && cut.errors.contains("--max-tokens"))
        #expect(!bench.hasOutput && teacher.requests.count == 2)
        #expect(try bench.label(teacher, "--max-tokens", "1", "--retry-rejected").status == 1)
        #expect(teacher.requests.count == 2, "the same limit would buy the same")
        let longer = try bench.label(teacher, "--max-tokens", "8", "--retry-rejected")
        #expect(longer.status == 0 && teacher.requests.count == 4, "\(longer.errors)")
        #expect(try Set(bench.labels().values) == ["refund_status"])
    }

    @Test func rejectedInputsAreAskedAgain() throws {
        let bench = try LabelCase(count: 5)
        let bad = try ScriptedTeacher { _ in .completion("I think this is about shipping") }
        let rejected = try bench.label(bad)
        #expect(rejected.status == 1)
        #expect(rejected.errors.contains("5: the answer: outside the label set"))
        #expect(rejected.errors.contains("it said \"I think this is about shipping\""))
        #expect(bad.requests.count == 10 && !bench.hasOutput)
        let good = try ScriptedTeacher { _ in .completion("parcel") }
        let kept = try bench.label(good)
        #expect(kept.status == 1 && kept.errors.contains("--retry-rejected asks again") && good.requests.isEmpty)
        let again = try bench.label(good, "--retry-rejected")
        #expect(again.status == 0 && good.requests.count == 5, "\(again.errors)")
        #expect(try bench.labels().count == 5)
    }

    @Test func whatTheStudentWouldNotSeeIsCountedAndLeftOut() throws {
        func asks(_ parts: JSONValue...) -> [JSONValue] { [["role": "user", "content": .array(parts)]] }
        let text: JSONValue = ["type": "text", "text": "What is broken in this photo?"]
        let picture: JSONValue = ["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"]]
        let sound: JSONValue = ["type": "input_audio", "input_audio": ["data": "AAAA", "format": "wav"]]
        let conversations = [
            asks(text, picture), asks(text, sound), asks(picture, text, picture),
            asks(["type": "text", "text": "Is it in stock?"]),
        ]
        let bench = try LabelCase(conversations: conversations, task: LabelCase.generation())
        let teacher = try ScriptedTeacher { _ in .completion("Yes.") }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("with_other_parts") == 3 && ended.count("labeled") == 1)
        #expect(
            ended.errors.contains(
                "3 interactions left out: their input holds more than text (image_url 2, input_audio 1)"))
        #expect(ended.report["details"]?["other_parts"] == ["image_url": 2, "input_audio": 1])
        let silent = try LabelCase(conversations: [asks(picture)], task: LabelCase.generation())
        #expect(try silent.label(teacher).errors.contains("line 1: not an interaction (no text)"))
        let none = try LabelCase(conversations: [asks(text, picture)], task: LabelCase.generation())
        let refused = try none.label(teacher)
        #expect(
            refused.status == 1 && refused.errors.contains("1 with more than text: image_url 1"), "\(refused.errors)")
    }

    @Test func aWholeConversationKeepsTheCallsInIt() throws {
        let conversation: [JSONValue] = [
            ["role": "system", "content": "Be kind."], ["role": "user", "content": "Is the kettle in stock?"],
            [
                "role": "assistant", "content": nil,
                "tool_calls": [
                    ["id": "c", "type": "function", "function": ["name": "stock", "arguments": #"{"sku": "kettle"}"#]]
                ],
            ],
            ["role": "tool", "tool_call_id": "c", "content": "4"],
        ]
        let bench = try LabelCase(
            conversations: [conversation], task: LabelCase.generation(input: "whole_conversation"))
        let teacher = try ScriptedTeacher { _ in .completion("Four.") }
        #expect(try bench.label(teacher).status == 0)
        let asked = """
            user: Is the kettle in stock?
            assistant: [calls stock with {"sku": "kettle"}]
            tool: 4
            """
        #expect(teacher.requests.map(\.lastText) == [asked])
        #expect(try bench.labels() == [asked: "Four."])
    }

    @Test func messagesThatATaskDoesNotTakeAreSaid() throws {
        let conversation: [JSONValue] = [
            ["role": "user", "content": "Where is it?"], ["role": "assistant", "content": "Which one?"],
            ["role": "user", "content": "The kettle."],
        ]
        let bench = try LabelCase(conversations: [conversation])
        let ended = try bench.label(try ScriptedTeacher { _ in .completion("parcel") })
        #expect(ended.status == 0 && ended.count("with_more_messages") == 1)
        #expect(
            ended.errors.contains(
                "of 1 conversations with several user messages only one is labeled (input: last_user_message)"))
    }

    /// Texts that look alike are two inputs, and each gets its own answer.
    @Test func inputsAreComparedByTheirBytes() throws {
        let bench = try LabelCase(["caf\u{E9}", "cafe\u{301}"])
        let teacher = try ScriptedTeacher { request in
            .completion(request.lastText.unicodeScalars.count == 4 ? "parcel" : "refund")
        }
        let ended = try bench.label(teacher)
        #expect(ended.count("distinct") == 2 && ended.count("labeled") == 2 && teacher.requests.count == 2)
        let lines = try String(contentsOfFile: bench.output, encoding: .utf8)
        #expect(lines.contains("parcel") && lines.contains("refund"))
    }

    @Test func ofSeveralChoicesTheFirstIsTaken() throws {
        func choice(_ index: JSONValue?, _ text: String) -> JSONValue {
            var choice = JSONObject()
            choice["message"] = ["role": "assistant", "content": .string(text)]
            choice["finish_reason"] = "stop"
            choice["index"] = index
            return .object(choice)
        }
        for choices in [[choice(1, "refund"), choice(0, "parcel")], [choice(nil, "parcel")]] {
            let bench = try LabelCase(count: 1)
            let teacher = try ScriptedTeacher { _ in
                .init(
                    200,
                    ["model": "m", "choices": .array(choices), "usage": ["prompt_tokens": 3, "completion_tokens": 2]])
            }
            #expect(try bench.label(teacher).status == 0)
            #expect(try Array(bench.labels().values) == ["parcel"])
        }
    }

    @Test func anAnswerWithoutAnEndSaysSo() throws {
        let bench = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher { request in
            request.number == 1
                ? .choice(["role": "assistant", "content": "parcel"], finish: .null) : .completion("parcel")
        }
        let ended = try bench.label(teacher, "--concurrency", "1")
        #expect(ended.count("labeled") == 1, "\(ended.errors)")
        #expect(ended.errors.contains("1 rejected: the answer: not ended (finish_reason: null)"), "\(ended.errors)")
    }

    /// Thirty megabytes of blanks around a label are no work.
    @Test func anAnswerOfManyBlanksIsReadInOnePass() throws {
        let bench = try LabelCase(count: 1)
        let teacher = try ScriptedTeacher { _ in
            .completion("parcel" + String(repeating: " \n", count: 15 << 20))
        }
        let ended = try bench.label(teacher, "--timeout", "60")
        #expect(ended.status == 0 && ended.count("labeled") == 1, "\(ended.errors)")
    }

    @Test func anotherModelThanAskedForIsSaid() throws {
        for (asked, answers) in [("gpt-4o", false), ("provider/m", false), ("claude-x", true)] {
            let bench = try LabelCase(count: 2)
            let teacher = try ScriptedTeacher { _ in
                var answer = ScriptedTeacher.Answer.completion("parcel")
                if asked == "gpt-4o" {
                    answer.body = Array(
                        String(decoding: answer.body, as: UTF8.self).replacing("\"m\"", with: "\"gpt-4o-2024-08-06\"")
                            .utf8)
                }
                return answer
            }
            let ended = try bench.label(teacher, model: asked)
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(
                ended.errors.contains("2 answers are of the model 'm', and 'claude-x' was asked") == answers,
                "\(ended.errors)")
            #expect(ended.report["details"]?["models"]?.objectValue?.count == 1)
        }
    }

    /// A server sends refusals of its own, so that histories have them.
    @Test func aRefusalInAConversationIsWhatWasSaid() throws {
        let conversation: [JSONValue] = [
            ["role": "user", "content": "Open it."], ["role": "assistant", "content": nil, "refusal": "I may not."],
            ["role": "user", "content": "Why?"],
        ]
        let bench = try LabelCase(
            conversations: [conversation], task: LabelCase.generation(input: "whole_conversation"))
        let teacher = try ScriptedTeacher { _ in .completion("Rules.") }
        #expect(try bench.label(teacher).status == 0)
        #expect(teacher.requests.map(\.lastText) == ["user: Open it.\nassistant: I may not.\nuser: Why?"])
    }
}
