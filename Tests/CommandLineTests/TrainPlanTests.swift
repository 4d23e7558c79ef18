import Foundation
import JSON
import StageInterface
import Testing
import TestSupport

/// The memory that the built `retort-train` says it will take, beside what it then takes; and what it does when there is
/// less, or less time.
@Suite(.serialized, .ownThreads) struct TrainPlanTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func conversations(_ count: Int) -> String {
        (0..<count).map { number in
            #"{"messages":[{"role":"user","content":"item \#(number) of \#(number % 7) \#(String(repeating: "large boxes ", count: number % 9))"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
    }

    private func train(_ arguments: String...) throws -> (report: StageReport, outcome: Executable.Outcome) {
        let outcome = try Executable.run("retort-train", ["--base", Checkout.base, "--json"] + arguments)
        return (try StageReport(parsing: Array(outcome.output.utf8)), outcome)
    }

    @Test(arguments: ["", "--memory"]) func memoryIsWithinAFifthOfWhatWasPredicted(flag: String) throws {
        let data = try folder.write("train.jsonl", conversations(160))
        let validation = try folder.write("validation.jsonl", conversations(16))
        let recipe = try folder.write("adapter.yaml", "epochs: 4\nbatch_size: 32\nprecision: fp32\n")
        let limit = flag.isEmpty ? ["--deadline", "1h"] : ["--memory", "100m"]
        let outcome = try Executable.run(
            "retort-train",
            [
                "--base", Checkout.base, "--json", "--dataset", data, "--validation", validation, "--recipe", recipe,
                "--output", "\(folder)/a.gguf",
            ] + limit)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try StageReport(parsing: Array(outcome.output.utf8))
        let plan = try #require(report.details?["plan"])
        let memory = Double(plan["memory_bytes"]?["peak"]?.integerValue ?? 0)
        #expect(abs(Double(report.peakMemoryBytes) / memory - 1) < 0.2, "\(report.peakMemoryBytes), planned \(memory)")
        if !flag.isEmpty { #expect(report.peakMemoryBytes <= 105_000_000) }
        // How near its seconds are, TrainPlanTimeTests ask.
        #expect((plan["seconds"]?.doubleValue ?? 0) > 0)
    }

    @Test func whatDoesNotFitIsRefusedWithWhatWould() throws {
        let data = try folder.write("train.jsonl", conversations(60))
        let output = "\(folder)/a.gguf"
        let small = try train("--dataset", data, "--output", output, "--memory", "20m").outcome
        #expect(small.status == 1)
        #expect(small.errors.contains("error: memory: the run takes "))
        #expect(small.errors.contains("expected at most 20 MB"))
        #expect(small.errors.contains("hint: give it "))
        let late = try train("--dataset", data, "--output", output, "--epochs", "2000", "--deadline", "5s").outcome
        #expect(late.status == 4)
        #expect(late.errors.contains("error: deadline: the run takes "))
        let plan = try train("--dataset", data, "--output", output, "--plan")
        #expect(plan.outcome.status == 0)
        #expect(plan.report.details?["plan"]?["total_steps"]?.integerValue == 12)
        #expect(!FileManager.default.fileExists(atPath: output))
        let usage = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--output", output, "--memory", "much")
        #expect(usage.status == 64)
    }

    @Test func aSnapshotThatDoesNotFitOnTheDiskLeavesTheOneBefore() throws {
        let data = try folder.write("train.jsonl", conversations(40))
        let recipe = try folder.write(
            "adapter.yaml", "rank: 4\nepochs: 3\nbatch_size: 8\nsnapshot:\n  every_steps: 3\n")
        let arguments = ["--base", Checkout.base, "--dataset", data, "--recipe", recipe]
        let whole = try Executable.run(
            "retort-train", arguments + ["--output", "\(folder)/whole.gguf", "--json", "--quiet"])
        let expected = try StageReport(parsing: Array(whole.output.utf8)).outputs["adapter"]

        // A first snapshot, then a process whose files may be no larger than 64 kB: as on a full disk, writing fails.
        let stopped = try Executable.run(
            "retort-train", arguments + ["--output", "\(folder)/a.gguf", "--deadline", "1h", "--quiet"])
        #expect(stopped.status == 0)
        let snapshot = "\(folder)/a.gguf.training/snapshot.bin"
        let finished = "\(folder)/a.gguf.training/finished.bin"
        let kept = try Data(contentsOf: URL(filePath: finished))
        let full = try Executable.run(
            "bash",
            [
                "-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"", "\(Executable.folder)/retort-train",
            ] + arguments + ["--output", "\(folder)/a.gguf", "--quiet"], in: "/bin")
        #expect(full.status == 1)
        #expect(full.errors.contains("error: cannot write \(snapshot)"))
        #expect(try Data(contentsOf: URL(filePath: finished)) == kept)
        #expect(
            try !FileManager.default.contentsOfDirectory(atPath: "\(folder)/a.gguf.training").contains {
                $0.hasSuffix(".partial")
            })
        let resumed = try Executable.run(
            "retort-train", arguments + ["--output", "\(folder)/a.gguf", "--resume", "--json", "--quiet"])
        #expect(try StageReport(parsing: Array(resumed.output.utf8)).outputs["adapter"] == expected)
    }
}
