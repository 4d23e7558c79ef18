import Foundation
import JSON
import Testing
import TestSupport

/// What was evaluated is what answers: the same rows through the built `retort-evaluate` and `retort-serve`.
@Suite(.ownThreads) struct AnsweringCasesTests {
    private static let prompts = """
        prompts:
          student: {user: "{input}"}
          teacher: {user: "{input}"}
        """
    private static let intent = """
        name: intent
        labels: [{name: refund}, {name: track}, {name: other}]
        \(prompts)
        escalation: {threshold: 0.5}
        """
    private static let order = """
        name: order
        kind: generation
        maximum_tokens: 40
        \(prompts)
        answer:
          type: object
          required: [status, order]
          additionalProperties: false
          properties:
            status: {enum: [open, closed]}
            order: {type: string, pattern: "^\\\\d{4}$"}
        escalation: {refusal: I found no order.}
        """
    private static let reply = """
        name: reply
        kind: generation
        maximum_tokens: 40
        \(prompts)
        """
    private static let intents = [
        Release.Row(input: "money back please", answer: "refund"),
        Release.Row(input: "where is my parcel", answer: "track"),
        Release.Row(input: "hello there", answer: "other"),
    ]
    private static let orders = [
        Release.Row(input: "order 1234 came today", answer: #"{"status":"closed","order":"1234"}"#),
        Release.Row(input: "order 974 is missing", answer: #"{"status":"open","order":"974"}"#),
        Release.Row(input: "order 5678 got lost", answer: #"{"status":"lost","order":"5678"}"#),
        Release.Row(input: "no number at all", answer: "not even JSON"),
    ]
    private static let replies = [
        Release.Row(input: "good morning", answer: "Good morning, how can I help?"),
        Release.Row(input: "thank you", answer: "You are welcome."),
    ]

    /// Answers, confidences and refusals are the same, row by row, to the bit; and so they are a second time, when every
    /// prompt is known, streamed, and whatever a client's system or developer message says: a task has its own.
    @Test func everyRowIsServedAsItWasEvaluated() async throws {
        let release = try Release()
        try release.train(
            AnsweringCasesTests.intents + AnsweringCasesTests.orders + AnsweringCasesTests.replies)
        let cases = [
            ("intent", AnsweringCasesTests.intent, AnsweringCasesTests.intents),
            ("order", AnsweringCasesTests.order, AnsweringCasesTests.splitOfOrders),
            ("reply", AnsweringCasesTests.reply, AnsweringCasesTests.replies),
        ]
        let predictions = try cases.map { try release.release($0.0, task: $0.1, rows: $0.2) }
        let server = try await Server(release.serving("intent", "order", "reply"))
        var answered = 0
        for ((name, _, rows), predictions) in zip(cases, predictions) {
            #expect(predictions.count == rows.count)
            for (row, prediction) in zip(rows, predictions) {
                func said(by role: JSONValue) -> JSONValue {
                    [
                        ["role": role, "content": "Answer in French."],
                        ["role": "user", "content": .string(row.input)],
                    ]
                }
                let ways: [[(key: String, value: JSONValue)]] = [
                    [], [], [("stream", true)], [("messages", said(by: "system"))],
                    [("messages", said(by: "developer"))],
                ]
                for fields in ways {
                    let served = try await server.chat(name, row.input, fields)
                    #expect(served.status == 200, "\(served.errorMessage)")
                    let expected = prediction["answer"]?.stringValue
                    #expect(served.text == expected ?? "", "\(name): \(row.input)")
                    #expect(served.retort["confidence"] == prediction["confidence"], "\(name): \(row.input)")
                    if expected == nil {
                        #expect(prediction["problem"] == "invalid_answer")
                        #expect(served.retort["cause"] == "invalid_answer")
                    } else {
                        answered += 1
                    }
                }
            }
        }
        #expect(answered >= 35, "seven of nine rows have an answer that their task allows")
    }

    /// The rows of the orders with labels that the task allows, as a split must have.
    private static let splitOfOrders = orders.map { row in
        Release.Row(input: row.input, answer: #"{"status":"open","order":"0000"}"#)
    }

    /// `order: "974"` against `^\d{4}$` was answered with 200 and not escalated.
    @Test func anAnswerThatBreaksItsSchemaIsRepairedEscalatedOrRefused() async throws {
        let release = try Release()
        try release.train(AnsweringCasesTests.orders)
        let predictions = try release.release(
            "order", task: AnsweringCasesTests.order, rows: AnsweringCasesTests.splitOfOrders)
        let broken = AnsweringCasesTests.orders[1].input, odd = AnsweringCasesTests.orders[2].input
        #expect(predictions[1]["answer"] == .null)
        #expect(predictions[2]["repaired"] == true)

        let alone = try await Server(release.serving("order"))
        let refused = try await alone.chat("order", broken)
        let message = refused.json["choices"]?.arrayValue?.first?["message"]
        #expect(message?["content"] == .null)
        #expect(message?["refusal"] == "I found no order.")
        #expect(refused.retort["cause"] == "invalid_answer")
        #expect(refused.retort["escalated"] == false)
        let streamed = try await alone.chat("order", broken, [("stream", true)])
        #expect(streamed.isDone && streamed.text.isEmpty)
        #expect(
            streamed.events.contains {
                $0["choices"]?.arrayValue?.first?["delta"]?["refusal"] == "I found no order."
            })
        let repaired = try await alone.chat("order", odd)
        #expect([#"{"status":"open","order":"5678"}"#, #"{"status":"closed","order":"5678"}"#].contains(repaired.text))
        #expect(repaired.retort["cause"] == "repaired")
        let right = try await alone.chat("order", AnsweringCasesTests.orders[0].input)
        #expect(right.text == AnsweringCasesTests.orders[0].answer)

        let teacher = try ScriptedTeacher { request in
            switch request.number {
            case 1: .completion(#"{"status": "open", "order": "0974"}"#)
            case 2: .completion("no idea")
            case 3: .completion(#"{"status": "open", "order": "0974"}"#, finish: "length")
            default: .init(401, ["error": ["message": "no such key"]])
            }
        }
        let log = "\(release.folder)/decisions.jsonl"
        let helped = try await Server(
            release.serving(
                "order",
                more: ["--escalate-endpoint", teacher.url, "--escalate-model", "frontier", "--decision-log", log]))
        let escalated = try await helped.chat("order", broken)
        #expect(escalated.text == #"{"status":"open","order":"0974"}"#)
        // Who answered, and not only who was asked.
        #expect(escalated.retort["escalated_to"] == "m")
        #expect(escalated.retort["cause"] == "invalid_answer")
        for _ in 0..<2 {
            let failed = try await helped.chat("order", broken)
            #expect(failed.text.isEmpty)
            #expect(failed.retort["cause"] == "escalation_failed")
        }
        // Two odd answers are no outage; a key that is refused is one.
        #expect(try await helped.get("/healthz")["status"] == "ok")
        #expect(try await helped.chat("order", broken).retort["cause"] == "escalation_failed")
        let health = try await helped.get("/healthz")
        #expect(health["status"] == "degraded")
        #expect(health["reasons"]?.arrayValue?.count == 1)
        #expect(health["escalation"]?["answered"] == 1)
        #expect(health["escalation"]?["failed"] == 3)
        #expect(await helped.stop() == 0)
        let rows = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))["decision"] ?? .null
        }
        #expect(rows.map { $0["escalated_to"] } == ["m", .null, .null, .null])
        #expect(rows.map { $0["asked_model"] } == ["frontier", .null, .null, .null])
        #expect(rows.allSatisfy { $0["student"]?["answer"]?.stringValue == AnsweringCasesTests.orders[1].answer })
        // What the request itself cuts is given as it is, and nobody else is asked and paid.
        let again = try await Server(
            release.serving("order", more: ["--escalate-endpoint", teacher.url, "--escalate-model", "frontier"]))
        let asked = teacher.requests.count
        let cut = try await again.chat("order", broken, [("max_tokens", 3)])
        #expect(cut.json["choices"]?.arrayValue?.first?["finish_reason"] == "length" && !cut.text.isEmpty)
        #expect(cut.retort["cause"] == "cut_by_request" && cut.retort["escalated"] == false)
        #expect(try await again.chat("order", broken, [("stop", "9")]).status == 400)
        // The task's own limit holds, whatever a client allows.
        #expect(
            try await again.chat("order", AnsweringCasesTests.orders[0].input, [("max_tokens", 1000)]).status == 200)
        #expect(teacher.requests.count == asked)
    }
}
