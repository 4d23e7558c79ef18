import Foundation
import JSON
import Testing
import TestSupport

/// Few descriptors and little memory: an error with its words, and no trap with a backtrace.
@Suite(.ownThreads) struct ScarceTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Every stage that reads files, with what it reads.
    private func stages() throws -> [(name: String, arguments: [String])] {
        let log = try folder.write(
            "log.jsonl", (0..<200).map { BombTests.row.replacing("hi", with: "hi \($0)") }.joined(separator: "\n"))
        let rows = try folder.write(
            "train.jsonl",
            String(
                repeating: #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"# + "\n",
                count: 64))
        let workspace = ["--workspace", folder.file("w")]
        let task = Checkout.path("Datasets/support-intent/task.yaml")
        let filled = ["--workspace", folder.file("filled")]
        let pulled = try Executable.run(
            "retort-pull", [Checkout.path("Datasets/support-intent/logs/week-09.jsonl"), "--task", task] + filled)
        try #require(pulled.status == 0, "\(pulled.errors)")
        return [
            ("retort-pull", [log] + workspace),
            ("retort-label", ["--task", task, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"] + filled),
            ("retort-curate", ["--task", task, "--logged", "--output", folder.file("dataset")] + filled),
            ("retort-quantize", [Checkout.base, folder.file("q.gguf"), "Q8_0"]),
            ("retort-registry", ["register", "b", "--artifact", Checkout.base] + workspace),
            ("retort-registry", ["verify"] + workspace),
            ("retort-inspect", ["gguf", Checkout.base]),
            (
                "retort-train",
                [
                    "--base", Checkout.base, "--dataset", rows, "--rank", "2", "--epochs", "1", "--threads", "2",
                    "--output", folder.file("a.gguf"),
                ]
            ),
        ]
    }

    /// Every stage ends under the limits with an error of its own, or well.
    private func check(_ limits: [String]) throws {
        for (name, arguments) in try stages() {
            let outcome = try Scarce.run(limits, name, arguments)
            // Nobody listens at the teacher's port, which is something to try later.
            #expect([0, 1, 2, 75].contains(outcome.status), "\(name) \(limits): \(outcome)")
            #expect(outcome.status == 0 || outcome.errors.contains("error: "), "\(name) \(limits): \(outcome)")
            #expect(!outcome.errors.contains("Fatal error") && !outcome.errors.contains("Crash"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [32, 40]) func fewDescriptors(count: Int) throws { try check(["--nofile=\(count)"]) }

    /// Where event loops would trap, nothing is begun; every executable says so. With fewer than seven, Dispatch can trap
    /// before any code of ours runs.
    @Test(arguments: [10, 16, 20]) func fewerDescriptorsThanAnythingNeeds(count: Int) throws {
        let names = [
            "retort", "retort-pull", "retort-label", "retort-curate", "retort-train", "retort-quantize",
            "retort-evaluate", "retort-registry", "retort-serve", "retort-inspect", "retort-replay",
        ]
        for name in names {
            let outcome = try Scarce.run(["--nofile=\(count)"], name, ["--help"])
            #expect(outcome.status == 1, "\(name) \(count): \(outcome)")
            #expect(outcome.errors.contains("error: open files: the process may open "), "\(name): \(outcome.errors)")
            #expect(outcome.errors.contains("hint: raise the limit"), "\(name): \(outcome.errors)")
        }
    }

    /// The server listens and answers with so few.
    @Test func theServerStartsWithFewDescriptors() async throws {
        let server = try await Server(
            ["--base", Checkout.base, "--workspace", folder.file("s")], limits: ["--nofile=32:32"])
        #expect(try await server.chat(Siege.model, "a", [("max_tokens", 1)]).status == 200)
        #expect(await server.stop() == 0)
    }

    /// OpenBLAS asks for its buffers for ever where there are none.
    @Test(arguments: [400, 600, 1000, 2000]) func littleMemory(mebibytes: Int) throws {
        try check(["--as=\(mebibytes << 20)"])
    }

    @Test(arguments: [0, 1000, 50_000, 5_000_000]) func smallFiles(bytes: Int) throws {
        try check(["--fsize=\(bytes)"])
    }

    /// A row that is allowed to be larger than the memory that there is.
    @Test func aRowThatFindsNoMemory() throws {
        let path = try folder.write("log.jsonl", #"{"a":["#)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        let block = Data(String(repeating: "x", count: 1 << 20).utf8)
        try handle.write(contentsOf: Data("\"".utf8))
        for _ in 0..<600 { try handle.write(contentsOf: block) }
        try handle.write(contentsOf: Data("\"]}\n".utf8))
        try handle.close()
        let outcome = try Scarce.run(
            ["--as=1000000000"], "retort-pull", [path, "--max-row", "1024", "--workspace", folder.file("w")])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("error: out of memory"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("Backtrace"), "\(outcome.errors)")
    }
}
