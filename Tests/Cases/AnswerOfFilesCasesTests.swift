import Foundation
import JSON
import Testing
import TestSupport

/// Answers by a schema that files and logs bring: as strictly read as those of teachers, and in the same form.
@Suite(.ownThreads) struct AnswerOfFilesCasesTests {
    private let folder: ScratchFolder
    private let task: String

    init() throws {
        folder = try ScratchFolder()
        task = try folder.write(
            "task.yaml",
            """
            name: orders
            kind: generation
            answer: {type: object, properties: {order: {type: string, pattern: "^\\\\d{4}$"}}, required: [order]}
            prompts:
              student: {user: "{input}"}
              teacher: {user: "{input}"}
            split: {test_fraction: 0, validation_fraction: 0}
            """)
    }

    private static let inputs = ["where is the blue lamp", "my sofa came broken", "cancel order of a rug please"]

    /// Curates three examples, of which the second has this label.
    private func curate(_ label: String, gold: String? = nil) throws -> Executable.Outcome {
        let lines = AnswerOfFilesCasesTests.inputs.enumerated().map { number, input in
            let label = number == 1 ? label : #"{"order":"9999"}"#
            let line: JSONValue = [
                "input": .string(input), "label": .string(label), "time": .string("2026-01-0\(number + 1)T00:00:00Z"),
            ]
            return line.serialized() + "\n"
        }
        let labels = try folder.write("labels.jsonl", lines.joined())
        var arguments = [
            "--task", task, "--labels", labels, "--output", folder.file("set"), "--workspace", folder.file("w"),
        ]
        if let gold { arguments += ["--gold", try folder.write("gold.jsonl", gold)] }
        return try Executable.run("retort-curate", arguments)
    }

    @Test(arguments: [#"{"order":"974"}"#, #"{"order":9744}"#, "no order", #"{"order":"9741","order":"9742"}"#])
    func anAnswerThatBreaksTheSchemaIsNotTrained(_ label: String) throws {
        let outcome = try curate(label)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("labels.jsonl:2: label: the answer: "), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("set")))
    }

    @Test func aTruthThatBreaksTheSchemaIsNotTrained() throws {
        let gold = #"{"input":"my sofa came broken","label":"{\"order\":\"974\"}"}"# + "\n"
        let outcome = try curate(#"{"order":"9744"}"#, gold: gold)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("gold.jsonl:1: label: the answer: "), "\(outcome.errors)")
    }

    @Test func anAnswerOfAFileIsKeptAsATeachersIs() throws {
        let outcome = try curate("```json\n{ \"order\" : \"9744\" }\n```")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rows = try String(contentsOfFile: folder.file("set/train.jsonl"), encoding: .utf8)
        #expect(rows.contains(#""content":"{\"order\":\"9744\"}""#), "\(rows)")
    }

    @Test func aFileWithoutTruthsIsSaid() throws {
        let outcome = try curate(#"{"order":"9744"}"#, gold: "")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("warning: no truths in "), "\(outcome.errors)")
    }

    @Test func whatALoggedAnswerThoughtIsNotTrained() throws {
        let free = try folder.write(
            "free.yaml",
            """
            name: replies
            kind: generation
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
            split: {test_fraction: 0, validation_fraction: 0}
            """)
        let answers = ["<think>hm</think>\n\nIt is on its way.", "<think>it never ends", "We send a new one."]
        let lines = zip(AnswerOfFilesCasesTests.inputs, answers).map { input, answer in
            let record: JSONValue = [
                "timestamp": 1_767_000_000, "request": ["messages": [["role": "user", "content": .string(input)]]],
                "response": [
                    "object": "chat.completion",
                    "choices": [
                        [
                            "index": 0, "finish_reason": "stop",
                            "message": ["role": "assistant", "content": .string(answer)],
                        ]
                    ],
                ],
            ]
            return record.serialized() + "\n"
        }
        let log = try folder.write("log.jsonl", lines.joined())
        let pull = try Executable.run("retort-pull", [log, "--workspace", folder.file("w")])
        #expect(pull.status == 0, "\(pull.errors)")
        let outcome = try Executable.run(
            "retort-curate",
            ["--task", free, "--logged", "--output", folder.file("set"), "--workspace", folder.file("w")])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("1 interactions left out: the answer: a thought that does not end"))
        let rows = try String(contentsOfFile: folder.file("set/train.jsonl"), encoding: .utf8)
        #expect(rows.contains(#""content":"It is on its way.""#), "\(rows)")
        #expect(!rows.contains("think"))
    }
}
