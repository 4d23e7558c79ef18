import Foundation
import StageInterface
import Testing

/// The built `retort-train`, killed and resumed, and given bad input.
@Suite struct TrainCommandTests {
    private let folder = NSTemporaryDirectory() + "retort-train-\(UUID().uuidString)"
    private let base = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/retort-base-6m-f16.gguf").path()

    private func file(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    private func conversations(_ count: Int) -> String {
        (0..<count).map { number in
            #"{"messages":[{"role":"system","content":"Name the color."},{"role":"user","content":"item \#(number % 7)"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
    }

    @Test func killedAnywhereItEndsWithTheSameAdapter() throws {
        let data = try file("train.jsonl", conversations(40))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recipe = try file(
            "adapter.yaml", "rank: 4\nepochs: 3\nbatch_size: 4\nsnapshot:\n  every_steps: 2\n")
        let whole = try Executable.run(
            "retort-train", "--base", base, "--dataset", data, "--recipe", recipe, "--output", "\(folder)/whole.gguf",
            "--json", "--quiet", "--threads", "1")
        #expect(whole.status == 0, "\(whole.errors)")
        let expected = try StageReport(parsing: Array(whole.output.utf8)).outputs["adapter"]

        let process = { (threads: Int) -> Process in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "\(Executable.folder)/retort-train")
            process.arguments = [
                "--base", base, "--dataset", data, "--recipe", recipe, "--output", "\(folder)/killed.gguf", "--resume",
                "--quiet", "--threads", "\(threads)",
            ]
            process.standardOutput = FileHandle.nullDevice
            return process
        }
        for (threads, delay) in [(1, 0.3), (2, 0.6), (3, 0.9), (2, 1.2)] {
            let victim = process(threads)
            try victim.run()
            Thread.sleep(forTimeInterval: delay)
            kill(victim.processIdentifier, SIGKILL)
            victim.waitUntilExit()
        }
        let resumed = try Executable.run(
            "retort-train", "--base", base, "--dataset", data, "--recipe", recipe, "--output",
            "\(folder)/killed.gguf", "--resume", "--json", "--quiet")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try StageReport(parsing: Array(resumed.output.utf8)).outputs["adapter"] == expected)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(left)")
    }

    @Test func terminatedItKeepsItsStateAndSaysSo() throws {
        let data = try file("train.jsonl", conversations(200))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Executable.folder)/retort-train")
        process.arguments = [
            "--base", base, "--dataset", data, "--output", "\(folder)/a.gguf", "--epochs", "500",
        ]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
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
        let bad = try file("bad.jsonl", conversations(1) + "{\n")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let output = "\(folder)/a.gguf"
        let line = try Executable.run("retort-train", "--base", base, "--dataset", bad, "--output", output)
        #expect(line.status == 1)
        #expect(line.errors.contains("error: \(bad) line 2: "))
        let missing = try Executable.run(
            "retort-train", "--base", "\(folder)/none.gguf", "--dataset", bad, "--output", output)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("\(folder)/none.gguf"))
        let empty = try file("empty.jsonl", "\n")
        let nothing = try Executable.run("retort-train", "--base", base, "--dataset", empty, "--output", output)
        #expect(nothing.status == 1)
        #expect(nothing.errors.contains("error: \(empty): nothing to learn from: no lines"))
        let usage = try Executable.run(
            "retort-train", "--base", base, "--dataset", empty, "--output", output, "--rank", "0")
        #expect(usage.status == 64)
        #expect(!FileManager.default.fileExists(atPath: output))
    }
}
