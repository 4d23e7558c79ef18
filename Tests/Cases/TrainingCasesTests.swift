import Foundation
import JSON
import Testing
import TestSupport

/// `retort-train` where an earlier run was stopped, told to be quiet, and where there is nothing to learn.
@Suite(.ownThreads) struct TrainingCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func conversations(_ count: Int, _ answers: [String] = ["red", "green", "blue"]) -> String {
        (0..<count).map { number in
            #"{"messages":[{"role":"user","content":"item \#(number % 3)"},"#
                + #"{"role":"assistant","content":"\#(answers[number % 3])"}]}"# + "\n"
        }.joined()
    }

    private var snapshots: String { folder.file("a.gguf.training") }
    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(snapshots)/\(name)") }

    private func train(_ data: String, _ more: String...) throws -> Executable.Outcome {
        try Executable.run("retort-train", try arguments(data) + more)
    }

    private func arguments(_ data: String) throws -> [String] {
        let recipe = try folder.write(
            "adapter.yaml", "rank: 2\nepochs: 8\nbatch_size: 4\nsnapshot:\n  every_steps: 1\n")
        return [
            "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output", folder.file("a.gguf"),
        ]
    }

    private func stopPartly(_ data: String) throws {
        let process = try Executable.start("retort-train", try arguments(data) + ["--fresh"])
        while process.isRunning, !exists("snapshot.bin") { Thread.sleep(forTimeInterval: 0.002) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try #require(exists("snapshot.bin"))
    }

    @Test func aRunThatWasStoppedIsNotDroppedSilently() throws {
        let data = try folder.write("one.jsonl", conversations(32)),
            other = try folder.write("two.jsonl", conversations(36))
        try stopPartly(data)
        let kept = try Data(contentsOf: URL(filePath: "\(snapshots)/snapshot.bin"))
        let silent = try train(data)
        #expect(silent.status == 1)
        #expect(
            silent.errors.contains("of this run, which was stopped, expected --resume or --fresh"), "\(silent.errors)")
        #expect(try Data(contentsOf: URL(filePath: "\(snapshots)/snapshot.bin")) == kept)
        let another = try train(other)
        #expect(another.status == 1)
        #expect(another.errors.contains("of another run (dataset sha256:"), "\(another.errors)")
        let resumed = try train(other, "--resume")
        #expect(resumed.status == 1)
        #expect(resumed.errors.contains("snapshot of another run: dataset sha256:"))
        #expect(resumed.errors.contains("hint: add --fresh to drop it and begin again"))
        #expect(try Data(contentsOf: URL(filePath: "\(snapshots)/snapshot.bin")) == kept)
        // A plan drops nothing and needs no flag.
        #expect(try train(other, "--plan").status == 0)
        #expect(try Data(contentsOf: URL(filePath: "\(snapshots)/snapshot.bin")) == kept)

        let done = try train(data, "--resume")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.errors.contains("resumed after step "))
        #expect(exists("finished.bin") && !exists("snapshot.bin"))
    }

    /// What a scheduled pipeline does: the data changes, the command stays.
    @Test func aFinishedRunIsFollowedByOneWithOtherData() throws {
        let data = try folder.write("one.jsonl", conversations(8)),
            other = try folder.write("two.jsonl", conversations(12))
        let first = try train(data, "--json")
        #expect(first.status == 0, "\(first.errors)")
        let again = try train(data, "--resume", "--json")
        let whole = try JSONValue(parsing: first.output), report = try JSONValue(parsing: again.output)
        #expect(report["outputs"]?["adapter"] == whole["outputs"]?["adapter"])
        // Nothing was left to do, and yet the report has the run's loss.
        #expect(report["figures"]?["loss"] == whole["figures"]?["loss"])
        let second = try train(other, "--resume", "--json")
        #expect(second.status == 0, "\(second.errors)")
        #expect(!second.errors.contains("resumed"))
        #expect(try JSONValue(parsing: second.output)["outputs"]?["adapter"] != report["outputs"]?["adapter"])
        // One that was stopped is dropped with two flags, and said.
        try stopPartly(data)
        let third = try train(other, "--resume", "--fresh")
        #expect(third.status == 0, "\(third.errors)")
        #expect(third.errors.contains("dropped: step "))
    }

    @Test func aRunEndsInThreeLinesAndQuietInNone() throws {
        let data = try folder.write("one.jsonl", conversations(8))
        let outcome = try train(data, "--validation", data)
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 3, "\(outcome.output)")
        #expect(lines[0].hasPrefix("trained: 16 steps in "))
        #expect(lines[1].hasPrefix("validation: ") && lines[1].contains("answered exactly, loss "))
        #expect(lines[2].hasPrefix("\(folder)/a.gguf: sha256:"))
        #expect(!outcome.errors.contains("% of peak"))
        let quiet = try train(data, "--quiet")
        #expect(quiet.status == 0)
        #expect(quiet.output.isEmpty && quiet.errors.isEmpty, "\(quiet.output)\(quiet.errors)")
    }

    @Test func aShareOfThePeakIsNoMoreThanAll() throws {
        let data = try folder.write("one.jsonl", conversations(8))
        let report = try JSONValue(parsing: try train(data, "--json").output)
        #expect(try #require(report["figures"]?["peak_share"]?.doubleValue) <= 1)
    }

    /// A base that says all answers already has nothing to learn; usually the answers were lost on the way.
    @Test func nothingToLearnIsAWarning() throws {
        let data = try folder.write("one.jsonl", conversations(6))
        let recipe = try folder.write("full.yaml", "method: full\nepochs: 60\nbatch_size: 6\nlearning_rate: 1e-3\n")
        let full = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output",
            folder.file("model.gguf"))
        #expect(full.status == 0, "\(full.errors)")
        #expect(!full.errors.contains("warning: step 1"))
        let outcome = try Executable.run(
            "retort-train", "--base", folder.file("model.gguf"), "--dataset", data, "--epochs", "1", "--output",
            folder.file("b.gguf"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("warning: step 1: loss "), "\(outcome.errors)")
    }

    /// Updates so large that every token becomes equally likely: that is not every answer known, and no success in silence.
    @Test func aModelThatRanAwayKnowsNoAnswer() throws {
        let data = try folder.write("one.jsonl", conversations(12))
        let recipe = try folder.write(
            "wild.yaml",
            "rank: 8\nalpha: 1e6\nepochs: 4\nbatch_size: 2\nlearning_rate: 1\nwarmup: 0\nfinal_rate: 1\n")
        let outcome = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--validation", data, "--recipe", recipe,
            "--output", folder.file("b.gguf"))
        #expect(outcome.output.contains("validation: 0.0 % answered exactly"), "\(outcome.output)")
        #expect(outcome.errors.contains("warning: the loss did not fall: "), "\(outcome.errors)")
        #expect(!outcome.errors.contains("nan") && !outcome.output.contains("nan"))
    }

    @Test func whatTheRunCannotFollowIsSaid() throws {
        let data = try folder.write("d.jsonl", conversations(3))
        let recipe = try folder.write("r.yaml", "rank: 2\nepochs: 1\nearly_stopping: {patience: 1}\n")
        let arguments = [
            "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output", folder.file("b.gguf"),
        ]
        let alone = try Executable.run("retort-train", arguments)
        #expect(alone.status == 0, "\(alone.errors)")
        #expect(alone.errors.contains("warning: early_stopping: without --validation"), "\(alone.errors)")
        let typed = try Executable.run("retort-train", arguments + ["--model-type", "f16"])
        #expect(typed.status == 1)
        #expect(typed.errors.contains("error: --model-type: with method: lora"), "\(typed.errors)")
    }

    @Test func examplesThatValidateAndTrainAreSaid() throws {
        let data = try folder.write("d.jsonl", conversations(3))
        let shared = try folder.write(
            "v.jsonl",
            conversations(1) + #"{"messages":[{"role":"user","content":"new"},{"role":"assistant","content":"red"}]}"#
                + "\n")
        let outcome = try train(data, "--epochs", "1", "--validation", shared)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("warning: validation: 1 of its 2 answers are in the dataset"), "\(outcome.errors)")
    }
}
