import Foundation
import JSON
import Testing
import TestSupport

/// Teachers that refuse parameters and spend tokens on thoughts that nobody sees.
@Suite(.ownThreads) struct ReasoningTeacherCasesTests {
    private static func refusal(_ parameter: String, _ code: String, _ more: String = "") -> ScriptedTeacher.Answer {
        .init(
            400,
            [
                "error": [
                    "message": .string("Unsupported: '\(parameter)' is not supported with this model.\(more)"),
                    "type": "invalid_request_error", "param": .string(parameter), "code": .string(code),
                ]
            ])
    }

    /// The rules of OpenAI's reasoning models: no temperature but 1, the limit by its new name, 400 hidden tokens.
    private static func reasoning(_ request: ScriptedTeacher.Request) -> ScriptedTeacher.Answer {
        if let temperature = request.body["temperature"]?.doubleValue, temperature != 1 {
            return refusal("temperature", "unsupported_value")
        }
        if request.body["max_tokens"] != nil {
            return refusal("max_tokens", "unsupported_parameter", " Use 'max_completion_tokens' instead.")
        }
        let limit = request.body["max_completion_tokens"]?.integerValue ?? 1 << 20
        let isDone = limit > 400
        let spent = isDone ? 404 : limit
        return .choice(
            ["role": "assistant", "content": isDone ? "parcel" : ""], finish: isDone ? "stop" : "length",
            usage: [
                "prompt_tokens": 500, "completion_tokens": .integer(spent), "total_tokens": .integer(500 + spent),
                "completion_tokens_details": ["reasoning_tokens": .integer(min(spent, 400))],
            ])
    }

    @Test func labelingWorksByDefaultAndLearnsOnce() throws {
        let bench = try LabelCase(count: 20)
        let teacher = try ScriptedTeacher(Self.reasoning)
        let ended = try bench.label(teacher)
        #expect(ended.status == 0 && ended.count("labeled") == 20, "\(ended.errors)")
        #expect(teacher.requests.count == 22, "one refusal for each of two parameters")
        #expect(ended.errors.contains("max_completion_tokens instead of max_tokens, no temperature, 4096 tokens more"))
        #expect(abs(try bench.booked() - 20 * (500 * 2e-6 + 404 * 8e-6)) < 1e-9)
        // The next run knows it.
        let more = try LabelCase(count: 25)
        let next = try Executable.run(
            "retort-label",
            [
                "--task", more.folder.file("task.yaml"), "--input", more.folder.file("in.jsonl"), "--workspace",
                bench.workspace, "--endpoint", teacher.url, "--model", "m", "--price-in", "2", "--price-out", "8",
            ])
        #expect(next.status == 0 && teacher.requests.count == 27, "\(next.errors)")
    }

    @Test(arguments: ["o3-mini", "gpt-5.2", "openai/gpt-5-mini"])
    func knownFamiliesAreAskedRightAtOnce(model: String) throws {
        let bench = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher(Self.reasoning)
        let ended = try bench.label(teacher, model: model)
        #expect(ended.status == 0 && teacher.requests.count == 2, "\(ended.errors)")
    }

    @Test func moreRoomIsMadeWhereThoughtsFillTheLimit() throws {
        let bench = try LabelCase(count: 6)
        let teacher = try ScriptedTeacher { request in
            let limit = request.body["max_tokens"]?.integerValue ?? 0
            return limit > 5000
                ? .choice(["content": "<think>long</think>parcel"])
                : .choice(["content": "<think>lo"], finish: "length")
        }
        let ended = try bench.label(teacher, "--concurrency", "1")
        #expect(ended.status == 0 && ended.count("labeled") == 6, "\(ended.errors)")
        let limits = teacher.requests.compactMap { $0.body["max_tokens"]?.integerValue }
        #expect(limits == [64, 64 + 4096] + Array(repeating: 64 + 16384, count: 6))
    }

    @Test func whatWasSetByHandIsKeptTo() throws {
        let bench = try LabelCase(count: 3)
        let teacher = try ScriptedTeacher(Self.reasoning)
        let refused = try bench.label(teacher, "--temperature", "0.7")
        #expect(
            refused.status == 1 && refused.errors.contains("temperature: not taken by model m"), "\(refused.errors)")
        let ended = try bench.label(
            teacher, "--teacher-option", "temperature=null", "--teacher-option", "max_completion_tokens=900",
            "--teacher-option", "reasoning_effort=low", "--teacher-option", #"metadata={"team":"desk"}"#)
        #expect(ended.status == 0, "\(ended.errors)")
        let body = try #require(teacher.requests.last?.body)
        #expect(body["temperature"] == nil && body["max_tokens"] == nil && body["max_completion_tokens"] == 900)
        #expect(body["reasoning_effort"] == "low" && body["metadata"] == ["team": "desk"])
    }

    @Test(arguments: ["stream=true", "model=other", "n=2", #"a={"b":"#, "nothing", "=1"])
    func anOptionThatCannotBeIsAUsageError(option: String) throws {
        let bench = try LabelCase(count: 1)
        let ended = try bench.label(try ScriptedTeacher { _ in .completion("parcel") }, "--teacher-option", option)
        #expect(ended.status == 64 && ended.errors.contains("--teacher-option: "), "\(ended.errors)")
    }

    @Test func anthropicsModelsToo() throws {
        let bench = try LabelCase(count: 5)
        let teacher = try ScriptedTeacher { request in
            request.body["temperature"] != nil
                ? .init(
                    400,
                    [
                        "type": "error",
                        "error": [
                            "type": "invalid_request_error", "message": "`temperature` is deprecated for this model.",
                        ],
                    ]) : .message([["type": "thinking", "thinking": "hm"], ["type": "text", "text": "parcel"]])
        }
        let ended = try bench.label(teacher, "--dialect", "anthropic")
        #expect(ended.status == 0 && teacher.requests.count == 6, "\(ended.errors)")
        // Thoughts that are asked for need room, and exclude a temperature.
        let thinking = try LabelCase(count: 2)
        let asked = try thinking.label(
            teacher, model: "n", "--dialect", "anthropic", "--teacher-option",
            #"thinking={"type":"enabled","budget_tokens":5000}"#)
        #expect(asked.status == 0 && teacher.requests.count == 8, "\(asked.errors)")
        #expect(teacher.requests.last?.body["max_tokens"] == 5064)
    }

    /// A server that knows only the old name, asked for a model whose family has the new one.
    @Test func aServerThatRefusesTheNewNameGetsTheOld() throws {
        let bench = try LabelCase(count: 4)
        let teacher = try ScriptedTeacher { request in
            request.body["max_completion_tokens"] == nil
                ? .completion("parcel")
                : .init(
                    422,
                    [
                        "detail": [
                            [
                                "type": "extra_forbidden", "loc": ["body", "max_completion_tokens"],
                                "msg": "Extra inputs are not permitted",
                            ]
                        ]
                    ])
        }
        let ended = try bench.label(teacher, model: "o3")
        #expect(ended.status == 0 && teacher.requests.count == 5, "\(ended.errors)")
    }

    @Test(arguments: ["x=1e400", "x=-1e999", "x=NaN", "x=Infinity", "x=-inf", "x=0x10", "x=01"])
    func anOptionThatIsNoNumberIsRefused(option: String) throws {
        let bench = try LabelCase(count: 1)
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let ended = try bench.label(teacher, "--teacher-option", option)
        #expect(ended.status == 64 && ended.errors.contains("--teacher-option: x: "), "\(ended.errors)")
        #expect(teacher.requests.isEmpty)
    }
}
