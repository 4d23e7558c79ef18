import Foundation
import JSON
import StageInterface
import Testing
import TestSupport

/// The built `retort-train sweep`: stopped, gone on with, and its winner trained alone.
@Suite(.ownThreads) struct SweepCommandTests {
    @Test func theBestIsWhatItsRecipeAloneGives() throws {
        let folder = try ScratchFolder()
        func conversations(_ count: Int) -> String {
            (0..<count).map { number in
                #"{"messages":[{"role":"user","content":"item \#(number % 3)"},"#
                    + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
            }.joined()
        }
        let data = try folder.write("train.jsonl", conversations(48)),
            held = try folder.write("validation.jsonl", conversations(9))
        let recipe = try folder.write("common.yaml", "rank: 4\nepochs: 3\nbatch_size: 8\n")
        let sweep = try folder.write("sweep.yaml", "learning_rate: [1e-7, 5e-3, 1e-6, 1e-2]\nhalving: {reduction: 2}\n")
        let arguments = [
            "sweep", "--sweep", sweep, "--recipe", recipe, "--base", Checkout.base, "--dataset", data, "--validation",
            held,
            "--output", "\(folder)/out",
        ]
        // Not even one trial fits into so short a time.
        let refused = try Executable.run("retort-train", arguments + ["--deadline", "0.01s"])
        #expect(refused.status == 4)
        #expect(refused.errors.contains("error: deadline: one trial takes "))

        let whole = try Executable.run("retort-train", arguments + ["--deadline", "1h", "--json"])
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(whole.errors.contains("4 trials in 3 rounds, at most about "))
        let report = try StageReport(parsing: Array(whole.output.utf8))
        #expect(report.counts["trials"] == 4 && report.counts["left_out"] == 0)
        let rows = report.details?["trials"]?.arrayValue ?? []
        #expect(rows.count == 4)
        // Rates that learn nothing are out after the first round.
        #expect(rows.map { $0["round"]?.integerValue } == [2, 1, 0, 0])
        #expect(Set(rows.suffix(2).compactMap { $0["trial"]?.integerValue }) == [1, 3])
        #expect(rows[0]["step"]?.integerValue == 18)

        // Run again there is nothing left to do: nothing is trained, the answer is the same.
        let metrics = "\(folder)/out/trial-00\(report.counts["best_trial"] ?? 0)/metrics.jsonl"
        let before = try FileManager.default.attributesOfItem(atPath: metrics)[.modificationDate] as? Date
        let again = try Executable.run("retort-train", arguments + ["--json"])
        #expect(try StageReport(parsing: Array(again.output.utf8)).outputs == report.outputs)
        #expect(try FileManager.default.attributesOfItem(atPath: metrics)[.modificationDate] as? Date == before)

        let alone = try Executable.run(
            "retort-train",
            [
                "--base", Checkout.base, "--dataset", data, "--validation", held, "--recipe",
                "\(folder)/out/adapter.yaml",
                "--output", "\(folder)/alone.gguf", "--json", "--quiet",
            ])
        #expect(try StageReport(parsing: Array(alone.output.utf8)).outputs["adapter"] == report.outputs["adapter"])

        _ = try folder.write("sweep.yaml", "learning_rate: [1e-3]\n")
        let other = try Executable.run("retort-train", arguments)
        #expect(other.status == 1)
        #expect(other.errors.contains("sweep.json: another sweep: sweep sha256:"))
    }
}
