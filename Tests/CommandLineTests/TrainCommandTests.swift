import Foundation
import StageInterface
import Storage
import Testing
import TestSupport

/// The built `retort-train`, killed and resumed, and given bad input.
@Suite(.ownThreads) struct TrainCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func conversations(_ count: Int) -> String {
        (0..<count).map { number in
            #"{"messages":[{"role":"system","content":"Name the color."},{"role":"user","content":"item \#(number % 7)"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
    }

    @Test func killedAnywhereItEndsWithTheSameAdapter() throws {
        let data = try folder.write("train.jsonl", conversations(40))
        let recipe = try folder.write(
            "adapter.yaml", "rank: 4\nepochs: 3\nbatch_size: 4\nsnapshot:\n  every_steps: 2\n")
        let whole = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output",
            "\(folder)/whole.gguf",
            "--json", "--quiet", "--threads", "1")
        #expect(whole.status == 0, "\(whole.errors)")
        let expected = try StageReport(parsing: Array(whole.output.utf8)).outputs["adapter"]

        for (threads, delay) in [(1, 0.3), (2, 0.6), (3, 0.9), (2, 1.2)] {
            let victim = try Executable.start(
                "retort-train",
                [
                    "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output", "\(folder)/killed.gguf",
                    "--resume", "--quiet", "--threads", "\(threads)",
                ])
            Thread.sleep(forTimeInterval: delay)
            kill(victim.processIdentifier, SIGKILL)
            victim.waitUntilExit()
        }
        let resumed = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output",
            "\(folder)/killed.gguf", "--resume", "--json", "--quiet")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try StageReport(parsing: Array(resumed.output.utf8)).outputs["adapter"] == expected)
        let left = try folder.names
        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(left)")
    }

    @Test func terminatedItKeepsItsStateAndSaysSo() throws {
        let data = try folder.write("train.jsonl", conversations(200))
        let process = Executable.process(
            "retort-train",
            [
                "--base", Checkout.base, "--dataset", data, "--output", "\(folder)/a.gguf", "--epochs", "500",
            ])
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        var said = ""
        while !said.contains("step 1/") {
            let data = errors.fileHandleForReading.availableData
            if data.isEmpty { break }
            said += String(decoding: data, as: UTF8.self)
        }
        process.terminate()
        said += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 75)
        #expect(said.contains("error: interrupted after step "))
        #expect(said.contains("hint: run the same command with --resume to go on"))
        #expect(FileManager.default.fileExists(atPath: "\(folder)/a.gguf.training/snapshot.bin"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/a.gguf"))
    }

    @Test func badInputIsNamed() throws {
        let bad = try folder.write("bad.jsonl", conversations(1) + "{\n")
        let output = "\(folder)/a.gguf"
        let line = try Executable.run("retort-train", "--base", Checkout.base, "--dataset", bad, "--output", output)
        #expect(line.status == 1)
        #expect(line.errors.contains("error: \(bad) line 2: "))
        let missing = try Executable.run(
            "retort-train", "--base", "\(folder)/none.gguf", "--dataset", bad, "--output", output)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("\(folder)/none.gguf"))
        let empty = try folder.write("empty.jsonl", "\n")
        let nothing = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", empty, "--output", output)
        #expect(nothing.status == 1)
        #expect(nothing.errors.contains("error: \(empty): nothing to learn from: no lines"))
        let usage = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", empty, "--output", output, "--rank", "0")
        #expect(usage.status == 64)
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func itGoesOnFromAnAdapterOfTheStoreAndWritesPEFT() throws {
        let data = try folder.write("train.jsonl", conversations(8))
        func train(
            rank: String = "2", _ arguments: String...
        ) throws -> (status: Int32, report: StageReport?, errors: String) {
            let result = try Executable.run(
                "retort-train",
                [
                    "--base", Checkout.base, "--dataset", data, "--rank", rank, "--epochs", "1", "--json", "--quiet",
                    "--workspace",
                    "\(folder)/workspace",
                ] + arguments)
            return (result.status, try? StageReport(parsing: Array(result.output.utf8)), result.errors)
        }
        let first = try train("--output", "\(folder)/a.gguf", "--peft", "\(folder)/peft")
        #expect(first.status == 0, "\(first.errors)")
        let digest = try #require(first.report?.outputs["adapter"])
        #expect(FileManager.default.fileExists(atPath: "\(folder)/peft/adapter_model.safetensors"))
        let missing = try train("--output", "\(folder)/b.gguf", "--init-adapter", digest)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("--init-adapter: \(digest): not in "))
        try ContentStore(path: "\(folder)/workspace/store").put(file: "\(folder)/a.gguf")
        let second = try train("--output", "\(folder)/b.gguf", "--init-adapter", digest)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.report?.inputs["initial_adapter"] == digest)
        let third = try train("--output", "\(folder)/c.gguf", "--init-adapter", "\(folder)/peft")
        #expect(third.status == 0, "\(third.errors)")
        // The same numbers in another form, and so the same result but for what the lineage says.
        #expect(third.report?.figures["loss"] == second.report?.figures["loss"])
        let wrong = try train(rank: "4", "--output", "\(folder)/d.gguf", "--init-adapter", "\(folder)/a.gguf")
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("rank 2 from") && wrong.errors.contains("expected rank 4 from"))
    }

    @Test func preferencesAndConversationsAreToldApart() throws {
        let pairs = try folder.write(
            "pairs.jsonl",
            (0..<6).map { #"{"prompt":"item \#($0)","chosen":"red","rejected":"blue"}"# + "\n" }.joined())
        let recipe = try folder.write("dpo.yaml", "loss: dpo\nrank: 2\nepochs: 2\ndpo: {beta: 0.5}\n")
        let output = "\(folder)/a.gguf"
        let done = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", pairs, "--recipe", recipe, "--output", output,
            "--json",
            "--quiet")
        #expect(done.status == 0, "\(done.errors)")
        let report = try StageReport(parsing: Array(done.output.utf8))
        #expect(report.figures["reward_accuracy"] != nil)
        let other = try Executable.run("retort-train", "--base", Checkout.base, "--dataset", pairs, "--output", output)
        #expect(other.status == 1)
        #expect(other.errors.contains("pairs of answers, expected conversations for loss: cross_entropy"))
        let data = try folder.write("train.jsonl", conversations(4))
        let wrong = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--recipe", recipe, "--output", output)
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("conversations, expected pairs of answers for loss: dpo"))
    }
}
