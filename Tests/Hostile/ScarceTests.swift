import Foundation
import TestSupport
import Testing

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
        return [
            ("retort-pull", [log] + workspace),
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

    /// - Returns: how each stage ended under the limits.
    private func check(_ limits: [String]) throws {
        for (name, arguments) in try stages() {
            let outcome = try Scarce.run(limits, name, arguments)
            #expect([0, 1, 2].contains(outcome.status), "\(name) \(limits): \(outcome)")
            #expect(outcome.status == 0 || outcome.errors.contains("error: "), "\(name) \(limits): \(outcome)")
            #expect(!outcome.errors.contains("Fatal error") && !outcome.errors.contains("Crash"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [8, 12, 20]) func fewDescriptors(count: Int) throws { try check(["--nofile=\(count)"]) }

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
