import JSON
import Tasks
import Testing

/// Answers that depart from a schema only in values of closed sets, and what may stand in their place.
@Suite struct AnswerCorrectionTests {
    private func task(_ schema: String) throws -> TaskDefinition {
        try TaskDefinition(
            yaml: """
                name: order
                kind: generation
                prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                answer: \(schema)
                """)
    }

    private static let schema = """
        {type: object, required: [status, order], additionalProperties: false, properties: \
        {status: {enum: [open, closed]}, order: {type: string, pattern: "^\\\\d{4}$"}, urgent: {type: boolean}}}
        """

    @Test(arguments: [
        (
            #"{"status":"lost","order":"0974"}"#,
            [#"{"status":"open","order":"0974"}"#, #"{"status":"closed","order":"0974"}"#]
        ),
        (
            "```json\n{\"status\": \"lost\", \"order\": \"0974\"}\n```",
            [#"{"status":"open","order":"0974"}"#, #"{"status":"closed","order":"0974"}"#]
        ),
        (
            #"{"status":"open","order":"0974","urgent":"yes"}"#,
            [#"{"status":"open","order":"0974","urgent":true}"#, #"{"status":"open","order":"0974","urgent":false}"#]
        ),
        (#"{"status":"lost","order":"974"}"#, []), (#"{"status":"lost"}"#, []), ("not JSON", []), ("", []),
        (#"{"status":"lost","order":"0974","more":1}"#, []),
    ]) func onlyClosedSetsAreCorrected(answer: String, expected: [String]) throws {
        #expect(try task(AnswerCorrectionTests.schema).corrections(ofAnswer: answer, limit: 64) == expected)
    }

    @Test func tooManyWaysAreNone() throws {
        let list = "{type: array, items: {enum: [a, b, c]}}"
        #expect(try task(list).corrections(ofAnswer: #"["x","x","x"]"#, limit: 64).count == 27)
        #expect(try task(list).corrections(ofAnswer: #"["x","x","x","x"]"#, limit: 64).isEmpty)
    }

    /// Keys that say how an artifact is judged and served, and not what it learns.
    @Test(arguments: [
        "metric: macro_f1", "gate: {minimum_accuracy: 0.9}", "escalation: {threshold: 0.5}", "description: other",
    ]) func keysOfServingTrainNothingAnew(line: String) throws {
        func classification(_ more: String) throws -> TaskDefinition {
            try TaskDefinition(
                yaml: """
                    name: intent
                    labels: [{name: refund}, {name: track}]
                    prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                    \(more)
                    """)
        }
        let plain = try classification("")
        let changed = try classification(line)
        #expect(plain.digest != changed.digest)
        #expect(plain.trainingDigest == changed.trainingDigest)
        #expect(try classification("input: first_user_message").trainingDigest != plain.trainingDigest)
        #expect(try classification("split: {seed: 2}").trainingDigest != plain.trainingDigest)
    }

    @Test func aTaskIsReadBackFromItsCanonicalJSON() throws {
        let task = try TaskDefinition(
            yaml: """
                name: order
                description: "two\\nlines: with \\"quotes\\" and é 🙂"
                kind: generation
                maximum_tokens: 77
                prompts: {student: {system: "a: b # c", user: "{input}"}, teacher: {user: "- {input}"}}
                answer: \(AnswerCorrectionTests.schema)
                slices: [{name: short, maximum_length: 40}, {name: new, after: 2026-02-20}]
                escalation: {threshold: 0.25, on_invalid: refuse, refusal: "no: order"}
                gate: {minimum_accuracy: 1, minimum_margin_over_base: -0.00001}
                split: {test_fraction: 0.2, seed: 3}
                """)
        let text = task.json.serialized(.canonical)
        let again = try TaskDefinition(yaml: text)
        #expect(again.digest == task.digest)
        #expect(again.json.serialized(.canonical) == text)
        #expect(again.maximumTokens == 77)
        #expect(again.invalidAnswers == .refuse)
        #expect(again.refusal == "no: order")
    }

    @Test(arguments: ["escalation: {on_invalid: refuse}", "escalation: {refusal: no}", "maximum_tokens: 5"])
    func whatOnlyGeneratedAnswersHaveIsRefusedForLabels(line: String) {
        #expect(throws: (any Error).self) {
            try TaskDefinition(
                yaml: """
                    name: intent
                    labels: [{name: refund}, {name: track}]
                    prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                    \(line)
                    """)
        }
    }
}
