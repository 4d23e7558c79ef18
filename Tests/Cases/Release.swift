import Foundation
import JSON
import TestSupport

/// A small release made with the built executables alone: an adapter of the bundled base that learned its rows by heart,
/// evaluated, registered, promoted, and ready to be served.
final class Release: Sendable {
    /// What was learned: an input and its answer.
    struct Row: Sendable {
        var input: String
        var answer: String
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let folder: ScratchFolder
    var workspace: String { "\(folder)/workspace" }
    private var adapter: String { "\(folder)/adapter.gguf" }

    init() throws { folder = try ScratchFolder() }

    /// Trains an adapter on rows that are asked as they stand, without a system message.
    ///
    /// - Parameter template: as the flag has it.
    func train(_ rows: [Row], epochs: Int = 40, template: String? = nil) throws {
        let recipe = "rank: 16\nalpha: 32\nepochs: \(epochs)\nbatch_size: 8\nlearning_rate: 4e-3\nseed: 3\n"
        try run(
            "retort-train", "--base", Checkout.base, "--dataset", try write(rows, "train.jsonl"), "--recipe",
            try folder.write("adapter.yaml", recipe), "--output", adapter, flags: flags("--template", template))
    }

    /// Writes rows as a split in the fine-tune form.
    func write(_ rows: [Row], _ name: String) throws -> String {
        let lines = rows.map { row -> String in
            let line: JSONValue = [
                "messages": [
                    ["role": "user", "content": .string(row.input)],
                    ["role": "assistant", "content": .string(row.answer)],
                ]
            ]
            return line.serialized() + "\n"
        }
        return try folder.write(name, lines.joined())
    }

    /// Evaluates the adapter with a task on rows, registers it with the report, and promotes it.
    ///
    /// - Returns: the predictions, a line for each row.
    func release(
        _ name: String, task: String, rows: [Row], template: String? = nil
    ) throws -> [JSONValue] {
        let output = "\(folder)/\(name)"
        try run(
            "retort-evaluate", "--task", try folder.write("\(name).yaml", task), "--split",
            try write(rows, "\(name).jsonl"), "--base", Checkout.base, "--adapter", adapter, "--no-base",
            "--no-baseline", "--output", output, flags: flags("--template", template))
        try run(
            "retort-registry", "register", name, "--artifact", adapter, "--evaluation", "\(output)/report.json",
            "--workspace", workspace)
        try run(
            "retort-registry", "promote", name, "1", "--reason", "a test", "--override", "a test", "--workspace",
            workspace)
        return try String(contentsOfFile: "\(output)/predictions.jsonl", encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
    }

    /// The flags of a server on this release.
    func serving(_ names: String..., more: [String] = []) -> [String] {
        ["--base", Checkout.base, "--workspace", workspace] + names.flatMap { ["--model", $0] } + more
    }

    private func flags(_ flag: String, _ value: String?) -> [String] { value.map { [flag, $0] } ?? [] }

    private func run(_ name: String, _ arguments: String..., flags: [String] = []) throws {
        let outcome = try Executable.run(name, arguments + flags + ["--quiet"])
        guard outcome.status == 0 else {
            throw Failure(description: "\(name) ended with \(outcome.status): \(outcome.errors)")
        }
    }
}
