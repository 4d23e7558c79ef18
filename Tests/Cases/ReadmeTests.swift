import Foundation
import Testing
import TestSupport

/// The README, typed from top to bottom as it stands: in a copy of the folders that it names, with fewer logs, one epoch
/// and a gate that asks for nothing, since what it takes to be good is not the question here.
@Suite(.ownThreads) struct ReadmeTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// What no machine without the network, or not this test, can run.
    private static let left = ["make demo", "pip install"]

    /// The fenced blocks, in order.
    private func blocks() throws -> [String] {
        let text = try String(contentsOfFile: Checkout.path("README.md"), encoding: .utf8)
        let parts = text.components(separatedBy: "\n```")
        return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0].drop { $0 != "\n" }) }
    }

    /// A place to type in: the folders of the checkout, small.
    private func makeCheckout() throws {
        let files = FileManager.default
        for name in ["Models", "Documentation"] {
            try files.createSymbolicLink(atPath: folder.file(name), withDestinationPath: Checkout.path(name))
        }
        try files.createDirectory(atPath: folder.file(".build"), withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: folder.file(".build/release"), withDestinationPath: Executable.folder)
        func text(_ name: String) throws -> String { try String(contentsOfFile: Checkout.path(name), encoding: .utf8) }
        let data = "Datasets/support-intent"
        for name in try files.contentsOfDirectory(atPath: Checkout.path("\(data)/logs")).sorted()
        where name.hasSuffix(".jsonl") {
            let lines = try text("\(data)/logs/\(name)").split(separator: "\n").prefix(90)
            try folder.write("\(data)/logs/\(name)", lines.joined(separator: "\n") + "\n")
        }
        for name in ["teacher.jsonl", "gold.jsonl"] {
            try files.createSymbolicLink(
                atPath: folder.file("\(data)/\(name)"), withDestinationPath: Checkout.path("\(data)/\(name)"))
        }
        let task = try text("\(data)/task.yaml")
        let gate = "\ngate: {minimum_margin_over_baseline: -1}\n"
        try folder.write("\(data)/task.yaml", task.components(separatedBy: "\ngate:")[0] + gate)
        try folder.write(
            "Adapters/support-intent/adapter.yaml",
            try text("Adapters/support-intent/adapter.yaml").replacing("epochs: 10", with: "epochs: 1"))
        try folder.write("Pipelines/support-intent.yaml", try text("Pipelines/support-intent.yaml"))
    }

    @Test func everyCommandOfTheReadmeRuns() throws {
        try makeCheckout()
        let blocks = try blocks().filter { block in
            !ReadmeTests.left.contains { block.contains($0) } && block.contains("\n") && !block.contains("─")
        }
        #expect(blocks.count >= 6)
        var script = blocks.joined(separator: "\n")
        // Other programs may hold the README's ports.
        for (port, free) in try zip(["8080", "8081"], [freePort(), freePort()]) {
            script = script.replacingOccurrences(of: port, with: free)
        }
        let path = try folder.write(
            "readme.sh", "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\ncd '\(folder)'\n" + script)
        let outcome = try Executable.run("bash", [path], in: "/bin", environment: ["HOME": folder.path])
        #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
        #expect(outcome.output.contains(#""content""#))
        #expect(!outcome.output.contains("${") && !outcome.errors.contains("error:"))
        // What was registered says where it came from.
        let shown = try Executable.run(
            "retort-registry", "show", "support-intent", "--workspace", folder.file("by-hand/.retort"))
        for name in ["base_digest", "dataset", "task", "evaluation", "recipe"] {
            let line = shown.output.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
            #expect(line.contains("sha256:"), "\(name) in \(shown.output)")
        }
        let plan = try Executable.run(
            "bash", ["-c", "cd '\(folder)' && .build/release/retort plan Pipelines/support-intent.yaml"], in: "/bin")
        #expect(plan.output.split(separator: "\n").allSatisfy { $0.hasSuffix(": skip") }, "\(plan.output)")

        // Another threshold evaluates and registers again, and neither asks the teacher nor trains.
        let task = folder.file("Datasets/support-intent/task.yaml")
        let changed = try String(contentsOfFile: task, encoding: .utf8).replacing(
            "threshold: 0.6", with: "threshold: 0.5")
        try folder.write("Datasets/support-intent/task.yaml", changed)
        let again = try Executable.run(
            "bash",
            ["-c", "cd '\(folder)' && .build/release/retort run Pipelines/support-intent.yaml"], in: "/bin")
        #expect(again.status == 0, "\(again.errors)")
        let rows = again.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains { $0.starts(with: ["train", "skipped"]) }, "\(again.output)")
        #expect(rows.contains { $0.starts(with: ["label", "done"]) && $0.last == "$0.0000" }, "\(again.output)")
        #expect(rows.contains { $0.starts(with: ["evaluate", "done"]) })
    }

    private func freePort() throws -> String {
        let server = try ScriptedServer { _ in }
        return String(server.port)
    }
}
