import Foundation
import Testing
import TestSupport

/// Two runs that would write one adapter, each with snapshots of its own.
@Suite(.ownThreads) struct TwoTrainersTests {
    @Test func oneOutputHasOneTrainer() throws {
        let folder = try ScratchFolder()
        let rows = (0..<64).map { number in
            #"{"messages":[{"role":"user","content":"item \#(number % 3)"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
        let output = folder.file("out/a.gguf")
        func arguments(_ snapshots: String, epochs: Int, output: String) throws -> [String] {
            [
                "--base", Checkout.base, "--dataset", try folder.write("train.jsonl", rows), "--rank", "2", "--epochs",
                "\(epochs)", "--batch-size", "16", "--output", output, "--snapshot-dir", folder.file(snapshots),
                "--quiet",
            ]
        }
        let first = try Executable.start("retort-train", try arguments("one", epochs: 2000, output: output))
        let lock = folder.file("out/.a.gguf.lock")
        let deadline = Date().addingTimeInterval(120)
        while !FileManager.default.fileExists(atPath: folder.file("one/lock")), Date() < deadline { usleep(10_000) }
        // The same file by another path.
        #expect(symlink(folder.file("out"), folder.file("link")) == 0)
        for path in [output, folder.file("link/a.gguf")] {
            let second = try Executable.run("retort-train", try arguments("two", epochs: 1, output: path))
            #expect(second.status == 75)
            #expect(second.errors.contains("a.gguf is locked by another process"), "\(second.errors)")
        }
        // A killed trainer holds nothing.
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: lock))
        let third = try Executable.run("retort-train", try arguments("two", epochs: 1, output: output))
        #expect(third.status == 0, "\(third.errors)")
        #expect(!FileManager.default.fileExists(atPath: lock))
    }
}
