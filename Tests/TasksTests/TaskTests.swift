import Conversations
import Foundation
import JSON
import Storage
import Tasks
import Testing
import TestSupport

@Suite struct TaskTests {
    @Test func defaultsAreFilledIn() throws {
        let task = try task()
        #expect(task.kind == .classification)
        #expect(task.input == .lastUserMessage)
        #expect(task.labelNames == ["track", "refund", "other"])
        #expect(task.split == SplitRule())
        #expect(task.threshold == 0)
    }

    @Test func promptsAreRendered() throws {
        let task = try task()
        #expect(
            task.studentMessages(for: "hi {labels}") == [
                Message(.system, "Name the intent."), Message(.user, "hi {labels}"),
            ])
        #expect(
            task.teacherMessages(for: "hi")[0].content == """
                Choose:
                - track: where is it (for example: "where's my order?")
                - refund
                - other
                """)
        #expect(
            PromptTemplate("{{input}} {\"a\": {input}} {label_names}").rendered(input: "x", labels: task.labels)
                == "{input} {\"a\": x} track, refund, other")
    }

    @Test func theInputIsChosen() throws {
        let messages = [
            Message(.system, "s"), Message(.user, "first"), Message(.assistant, "yes?"), Message(.user, " last \n"),
        ]
        #expect(try task().input(of: messages) == "last")
        #expect(try task("input: first_user_message").input(of: messages) == "first")
        #expect(
            try task("input: whole_conversation").input(of: messages) == "user: first\nassistant: yes?\nuser:  last")
        #expect(try task().input(of: [Message(.system, "s")]) == nil)
        #expect(try task().input(of: [Message(.user, " ")]) == nil)
    }

    @Test func answersBecomeLabels() throws {
        let task = try task()
        for answer in ["track", " Track\n", "\"track\"", "TRACK.", "**track**", "`track`.", "“track”"] {
            #expect(try task.label(fromAnswer: answer) == "track")
        }
        for answer in ["track order", "tracks", "track, refund", "I think it is track"] {
            #expect(throws: AnswerError.outsideSet) { try task.label(fromAnswer: answer) }
        }
        #expect(throws: AnswerError.empty) { try task.label(fromAnswer: " ") }
    }

    @Test func everyProblemIsReportedAtOnce() {
        let yaml = """
            name: my task
            kind: clasification
            labels:
              - {name: track, descripton: x}
              - {name: Track}
            out_of_scope: trck
            prompts:
              student: {user: "{inptu}"}
              teacher: {system: "x"}
            slices:
              - {name: s, labels: [refnd]}
              - {name: bad, pattern: "("}
            split: {test_fraction: 2, test_after: soon}
            gate: {minimum_acuracy: 0.9}
            colour: red
            """
        #expect {
            try TaskDefinition(yaml: yaml, path: "t.yaml")
        } throws: { error in
            guard let error = error as? ConfigurationError else { return false }
            let found = error.description
            return [
                "t.yaml: line 1: name: 'my task'", "kind: 'clasification', expected one of classification, generation",
                "line 4: labels[0].descripton: unknown key; did you mean 'description'?",
                "'Track' again, expected each label once", "out_of_scope: 'trck', expected one of the labels; did you",
                "unknown placeholder '{inptu}', expected one of {input}, {labels}, {label_names}; did you mean '{input}'?",
                "prompts.teacher.user: missing", "slices[0].labels: 'refnd', expected labels of the task",
                "slices[1].pattern: '('", "split.test_after: 'soon', expected a time",
                "gate.minimum_acuracy: unknown key; did you mean 'minimum_accuracy'?", "colour: unknown key",
            ].allSatisfy(found.contains)
        }
        #expect(throws: StorageError.self) { try TaskDefinition(path: "/nowhere/task.yaml") }
    }

    @Test func theDigestIsOfTheMeaning() throws {
        let plain = try task()
        #expect(
            try TaskDefinition(yaml: "# a comment\n" + minimalTask + "\nkind: classification").digest == plain.digest)
        #expect(try task("escalation: {threshold: 0.5}").digest != plain.digest)
        #expect(
            try TaskDefinition(yaml: minimalTask.replacingOccurrences(of: "{input}", with: "> {input}")).digest
                != plain.digest)
    }

    @Test func slicesAreFound() throws {
        let task = try task(
            """
            slices:
              - {name: refunds, labels: [refund]}
              - {name: short, maximum_length: 5}
              - {name: angry, keywords: [damn, "so angry"]}
              - {name: numbers, pattern: "\\\\d{4}"}
              - {name: late, after: 2026-10-01}
              - {name: both, keywords: [damn], pattern: "^oh"}
            """)
        func slices(_ input: String, _ label: String = "track", _ time: Double = 0) throws -> [String] {
            try task.slices(of: .init(input: input, label: label, time: Date(timeIntervalSince1970: time)))
        }
        #expect(try slices("a text", "refund") == ["refunds"])
        #expect(try slices("hello") == ["short"])
        #expect(try slices("this is so\u{20}ANGRY!") == ["angry"])
        #expect(try slices("goddamnit it") == [])
        #expect(try slices("order 12345") == ["numbers"])
        #expect(try slices("a text", "track", 1_790_812_800) == ["late"])
        #expect(try slices("a text", "track", 1_790_812_799) == [])
        #expect(try slices("oh damn it") == ["angry", "both"])
        #expect(try slices("damn oh it") == ["angry"])
    }

    @Test func hostilePatternsEndWithAnError() throws {
        let text = String(repeating: "a", count: 60) + "!"
        let task = try task("slices: [{name: slow, pattern: \"(a+)+$\"}]")
        #expect(
            throws: TaskError(
                "slice 'slow': its pattern takes too long on an input of 61 bytes",
                hint: "write a simpler pattern, without repetitions inside of repetitions")
        ) { try task.slices(of: .init(input: text, label: nil, time: nil)) }
        let schema = JSONSchema(json: ["type": "string", "pattern": "(a+)+$"])
        #expect(schema.problems(of: .string(text)) == ["the root: the pattern takes too long on it"])
        #expect(schema.problems(of: "aaa") == [])
    }

    @Test func generationIsHeldAgainstItsSchema() throws {
        let task = try TaskDefinition(
            yaml: """
                name: extract
                kind: generation
                prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                answer:
                  type: object
                  required: [order]
                  additionalProperties: false
                  properties:
                    order: {type: integer, minimum: 1}
                    state: {enum: [open, closed]}
                    tags: {type: array, maxItems: 2, items: {type: string, pattern: "^[a-z]+$"}}
                """)
        #expect(try task.label(fromAnswer: "```json\n{\"order\": 7}\n```") == "{\"order\":7}")
        #expect(throws: AnswerError.notJSON) { try task.label(fromAnswer: "order 7") }
        let broken: [(String, String)] = [
            ("{}", "the root: 'order' is missing"), ("{\"order\":\"7\"}", "/order: a string, expected integer"),
            ("{\"order\":0}", "/order: below the minimum 1.0"), ("{\"order\":1,\"x\":1}", "/x: not allowed"),
            ("{\"order\":1,\"state\":\"ajar\"}", "/state: not one of the allowed values"),
            ("{\"order\":1,\"tags\":[\"a\",\"B\"]}", "/tags/1: does not match the pattern"),
            ("{\"order\":1,\"tags\":[\"a\",\"b\",\"c\"]}", "/tags: has 3, expected maxItems 2.0"),
            ("[]", "the root: an array"),
        ]
        for (answer, problem) in broken {
            #expect {
                try task.label(fromAnswer: answer)
            } throws: {
                guard case AnswerError.schema(let found)? = $0 as? AnswerError else { return false }
                return found.count == 1 && found[0].hasPrefix(problem)
            }
        }
        #expect(JSONSchema(json: ["typ": "object"]).defects == ["the root has the unsupported keyword 'typ'"])
    }
}
