import Foundation
import JSON
import StageInterface
import Testing
import TestSupport

/// From a teacher that we serve ourselves to an adapter that learned its probabilities, with the built executables: the
/// bundled base, told what to talk about, teaches the same base that is not told.
@Suite(.ownThreads) struct DistillationCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func stage(_ name: String, _ arguments: String...) throws -> StageReport {
        let outcome = try Executable.run(name, arguments + ["--workspace", "\(folder)/workspace", "--json"])
        try #require(outcome.status == 0, "\(name): \(outcome.errors)")
        return try StageReport(parsing: Array(outcome.output.utf8))
    }

    /// Runs `body` while the base is served, with its URL.
    private func serving(_ body: (String) throws -> Void) throws {
        let process = Executable.process(
            "retort-serve", ["--base", Checkout.base, "--workspace", "\(folder)/workspace", "--port", "0"])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let ready = try JSONValue(parsing: output.fileHandleForReading.availableData)
        try body(try #require(ready["url"]?.stringValue))
    }

    @Test func aServedBaseTeachesItsProbabilities() throws {
        let topics = ["a table", "a room", "a ride", "a flight", "a doctor", "a film", "a train", "a car"]
        let log = try folder.write(
            "log.jsonl",
            (0..<48).map { number in
                let text = "I want \(topics[number % 8]) for \(number / 8 + 1) on day \(number)."
                return
                    #"{"timestamp":\#(1_770_000_000 + number),"request":{"messages":[{"role":"user","content":"\#(text)"}]},"#
                    + #""response":{"choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]}}"#
                    + "\n"
            }.joined())
        let task = try folder.write(
            "task.yaml",
            """
            name: bookings
            kind: generation
            prompts:
              teacher: {system: "You book restaurants. Ask how many people come.", user: "{input}"}
              student: {user: "{input}"}
            split: {test_fraction: 0.1, validation_fraction: 0.1, near_duplicate_similarity: 1}

            """)
        let recipe = try folder.write(
            "adapter.yaml",
            "rank: 8\nlearning_rate: 5e-3\nepochs: 6\nbatch_size: 8\ndistillation: {weight: 1}\nprecision: fp32\n")
        _ = try stage("retort-pull", log)
        try serving { url in
            let labeled = try stage(
                "retort-label", "--task", task, "--endpoint", url, "--model", "retort-base-6m-f16", "--logprobs", "8",
                "--max-tokens", "64")
            let labels = try #require(labeled.counts["labeled"])
            #expect(labels == 48)
            // An answer that did not end within 64 tokens is a label without log-probabilities.
            #expect((labeled.counts["with_logprobs"] ?? 0) * 4 > labels * 3, "\(labeled)")
        }
        _ = try stage("retort-curate", "--task", task, "--output", "\(folder)/dataset")
        let trained = try stage(
            "retort-train", "--base", Checkout.base, "--dataset", "\(folder)/dataset/train.jsonl", "--validation",
            "\(folder)/dataset/validation.jsonl", "--recipe", recipe, "--output", "\(folder)/adapter.gguf", "--report",
            "\(folder)/report")
        // Teacher and student cut texts into the same tokens, and every token that the server names is the base's.
        #expect(trained.figures["taught_share"] == 1)
        #expect(trained.counts["unmapped_alternatives"] == 0)
        #expect((trained.counts["taught_tokens"] ?? 0) > 300)
        let metrics = try String(contentsOfFile: "\(folder)/report/metrics.jsonl", encoding: .utf8)
        let losses = try metrics.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            .compactMap { $0["validation_loss"] == nil ? $0["loss"]?.doubleValue : nil }
        let (first, last) = (try #require(losses.first), try #require(losses.last))
        #expect(last < first / 2, "\(losses)")
    }
}
