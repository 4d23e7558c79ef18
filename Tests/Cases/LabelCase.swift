import Foundation
import JSON
import TestSupport

/// A folder with a task and interactions, and the built `retort-label` to run on them against a teacher.
struct LabelCase {
    let folder: ScratchFolder

    static let classification = """
        name: desk
        kind: classification
        labels:
          - {name: refund, description: wants money back}
          - {name: refund_status, description: asks where the money is}
          - {name: parcel, description: asks where a parcel is}
        prompts:
          student: {user: "{input}"}
          teacher: {system: "Answer with one of: {label_names}", user: "{input}"}
        """

    static func generation(input: String = "last_user_message") -> String {
        """
        name: replies
        kind: generation
        input: \(input)
        prompts:
          student: {system: Answer the customer., user: "{input}"}
          teacher: {system: Answer the customer., user: "{input}"}
        """
    }

    /// - Parameter inputs: the text of the one user message of each interaction.
    init(_ inputs: [String], task: String = LabelCase.classification) throws {
        try self.init(
            conversations: inputs.map { [["role": "user", "content": .string($0)]] }, task: task)
    }

    init(conversations: [[JSONValue]], task: String = LabelCase.classification) throws {
        folder = try ScratchFolder()
        try folder.write("task.yaml", task)
        let lines = conversations.enumerated().map { index, messages in
            let answer: JSONValue = [
                "index": 0, "message": ["role": "assistant", "content": "-"], "finish_reason": "stop",
            ]
            let record: JSONValue = [
                "timestamp": .integer(1_767_000_000 + index),
                "request": ["model": "big", "messages": .array(messages)],
                "response": ["object": "chat.completion", "model": "big", "choices": .array([answer])],
            ]
            return record.serialized() + "\n"
        }
        try folder.write("in.jsonl", lines.joined())
    }

    /// So many inputs, each another.
    init(count: Int) throws { try self.init((0..<count).map { "where is parcel \($0) of mine" }) }

    var output: String { folder.file("labels.jsonl") }
    var workspace: String { folder.file("workspace") }

    /// Runs `retort-label`, 2 USD for a million tokens of input and 8 for those of answers.
    func label(_ teacher: ScriptedTeacher, model: String = "m", _ flags: String...) throws -> Executable.Outcome {
        try Executable.run(
            "retort-label",
            [
                "--task", folder.file("task.yaml"), "--input", folder.file("in.jsonl"), "--output", output,
                "--workspace", workspace, "--endpoint", teacher.url, "--model", model, "--price-in", "2",
                "--price-out", "8", "--json",
            ] + flags)
    }

    func ledger(_ arguments: String...) throws -> Executable.Outcome {
        try Executable.run("retort-label", ["ledger"] + arguments + ["--workspace", workspace])
    }

    /// What the account has spent by its book, in USD.
    func booked() throws -> Double {
        let report = try JSONValue(parsing: try ledger("--json").output)
        return report["figures"]?["booked_usd"]?.doubleValue ?? .nan
    }

    /// The label of each input.
    func labels() throws -> [String: String] {
        var labels: [String: String] = [:]
        for line in try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n") {
            let json = try JSONValue(parsing: String(line))
            labels[json["input"]?.stringValue ?? ""] = json["label"]?.stringValue
        }
        return labels
    }

    var hasOutput: Bool { FileManager.default.fileExists(atPath: output) }
}

extension Executable.Outcome {
    var report: JSONValue { (try? JSONValue(parsing: output)) ?? .null }
    func count(_ name: String) -> Int? { report["counts"]?[name]?.integerValue }
    var rejected: JSONValue { report["details"]?["rejected"] ?? .null }
}

extension ScriptedTeacher.Answer {
    /// A message of Anthropic's shape.
    static func message(_ content: [JSONValue], stop: JSONValue = "end_turn") -> Self {
        Self(
            200,
            [
                "id": "msg", "type": "message", "role": "assistant", "model": "m", "content": .array(content),
                "stop_reason": stop, "usage": ["input_tokens": 30, "output_tokens": 20],
            ])
    }

    /// A chat completion whose first choice is given whole.
    static func choice(_ message: JSONValue, finish: JSONValue = "stop", usage: JSONValue? = nil) -> Self {
        Self(
            200,
            [
                "id": "x", "object": "chat.completion", "model": "m",
                "choices": [["index": 0, "message": message, "finish_reason": finish]],
                "usage": usage ?? ["prompt_tokens": 30, "completion_tokens": 20],
            ])
    }
}
