import Foundation
import Testing
import TestSupport

/// One weight that is no number: evaluation crashed with it, and a server answered 200 with nothing.
@Suite(.ownThreads) struct NotANumberCasesTests {
    private let folder: ScratchFolder
    private let base: String

    init() throws {
        folder = try ScratchFolder()
        var bytes = try Data(contentsOf: URL(filePath: Checkout.base))
        // Tensors lie at the end; these bytes are no number in half and in single precision.
        let place = bytes.count - 4000
        bytes.replaceSubrange(place..<place + 4, with: [0xFF, 0xFF, 0xFF, 0xFF])
        base = try folder.write("base.gguf", bytes)
    }

    @Test func anEvaluationRefusesItByName() throws {
        for (name, kind) in [("closed", "labels: [{name: refund}, {name: track}]"), ("free", "kind: generation")] {
            let task = """
                name: sample
                \(kind)
                prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                """
            let row = #"{"messages":[{"role":"user","content":"money"},{"role":"assistant","content":"refund"}]}"#
            let outcome = try Executable.run(
                "retort-evaluate", "--task", try folder.write("\(name).yaml", task), "--split",
                try folder.write("split.jsonl", row + "\n"), "--base", base, "--output", "\(folder)/out")
            #expect(outcome.status == 1)
            #expect(outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
        }
    }

    @Test func aServerDoesNotStartWithIt() async throws {
        let failure = await #expect(throws: Server.StartFailure.self) {
            try await Server(["--base", base, "--workspace", "\(folder)/workspace"])
        }
        #expect(failure?.status == 1)
        #expect(failure?.errors.hasPrefix("error: ") == true, "\(failure?.errors ?? "")")
    }
}
