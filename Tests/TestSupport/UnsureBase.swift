public import JSON

/// A workspace in which the bundled base answers a task that it never learned: it is sure of nothing, so that every answer
/// is handed to the frontier.
public final class UnsureBase: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Two labels, and a threshold that no answer of the base reaches.
    public static let task = """
        name: intent
        labels: [{name: refund}, {name: track}]
        prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
        escalation: {threshold: 0.9999}
        """

    public let folder: ScratchFolder
    public var workspace: String { folder.file("workspace") }
    /// The file of the task.
    public var task: String { folder.file("task.yaml") }
    /// Where the server notes its decisions.
    public var log: String { folder.file("decisions.jsonl") }

    /// Registers the base with a task named `intent`, and promotes it.
    public init(task: String = UnsureBase.task) throws {
        folder = try ScratchFolder()
        let task = try folder.write("task.yaml", task)
        for arguments in [
            ["register", "intent", "--artifact", Checkout.base, "--kind", "base", "--task", task],
            ["promote", "intent", "1", "--reason", "a test", "--override", "a test"],
        ] {
            let outcome = try Executable.run("retort-registry", arguments + ["--workspace", workspace])
            guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
        }
    }

    /// A server that escalates to `frontier`, a URL, and notes its decisions in ``log``.
    public func serve(_ frontier: String, _ more: String...) async throws -> Server {
        try await Server(
            [
                "--base", Checkout.base, "--workspace", workspace, "--model", "intent", "--decision-log", log,
                "--escalate-endpoint", frontier, "--escalate-model", "frontier",
            ] + more)
    }

    /// The decisions that the log holds.
    public func decisions() throws -> [JSONValue] {
        try folder.text("decisions.jsonl").split(separator: "\n").map {
            try JSONValue(parsing: String($0))["decision"] ?? .null
        }
    }
}
