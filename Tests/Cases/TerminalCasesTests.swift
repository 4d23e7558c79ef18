import Foundation
import Testing
import TestSupport

/// The live line in a window: never wider than it, also after it was made narrower, and gone in the end.
@Suite(.ownThreads) struct TerminalCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Runs a program in a window to its end, which `onOutput` sees grow.
    private func run(
        _ name: String, _ arguments: [String], columns: Int, onOutput: (String, PseudoTerminal) -> Void = { _, _ in }
    ) throws -> String {
        let terminal = try PseudoTerminal(columns: columns)
        let process = Executable.process(name, arguments)
        process.standardError = terminal.program
        process.standardOutput = terminal.program
        try process.run()
        try terminal.program.close()
        var said = ""
        while let text = terminal.read() {
            said += text
            onOutput(said, terminal)
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
        return said
    }

    private func arguments() throws -> [String] {
        let rows = (0..<64).map { number in
            #"{"messages":[{"role":"user","content":"item \#(number % 3)"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
        return [
            "--base", Checkout.base, "--dataset", try folder.write("train.jsonl", rows), "--rank", "2", "--epochs",
            "60",
            "--batch-size", "16", "--output", folder.file("a.gguf"),
        ]
    }

    /// The texts that stood on the live line, one after the other.
    private func live(_ said: String) -> [String] {
        said.components(separatedBy: "\r\u{1B}[K").dropFirst().map { $0.components(separatedBy: "\r\n")[0] }
            .filter { $0.hasPrefix("step ") }
    }

    @Test(arguments: [40, 80]) func theLiveLineFitsTheWindow(columns: Int) throws {
        let said = try run("retort-train", try arguments(), columns: columns)
        let lines = live(said)
        #expect(lines.count > 2, "\(said)")
        #expect(lines.allSatisfy { $0.count < columns }, "\(lines)")
        #expect(lines.allSatisfy { $0.contains("  epoch ") && $0.contains("/60") })
        #expect(columns < 80 || lines.allSatisfy { $0.contains(" left") })
        // It is taken away before the summary, which begins a line of its own.
        let end = try #require(said.range(of: "\r\u{1B}[Ktrained: 240 steps"))
        #expect(!said[end.upperBound...].contains("\u{1B}[K"))
    }

    @Test func theLiveLineFollowsTheWindow() throws {
        var narrowFrom: Int?
        let said = try run("retort-train", try arguments(), columns: 100) { said, terminal in
            if narrowFrom == nil, said.contains("examples/s") {
                terminal.resize(columns: 30)
                narrowFrom = live(said).count
            }
        }
        let lines = live(said)
        #expect(lines.first.map { $0.count > 30 } == true)
        // One line may have been written while the window changed.
        #expect(lines.dropFirst((narrowFrom ?? lines.count) + 1).allSatisfy { $0.count < 30 }, "\(lines)")
    }

    /// Stages that never said which line was the last left it standing before their summary.
    @Test func theLiveLineOfAPullIsGoneInTheEnd() throws {
        let log = (0..<2000).map { number in
            #"{"created_at":"2026-01-05T00:00:00Z","request":{"model":"m","messages":[{"role":"user","content":"text \#(number)"}]},"#
                + #""response":{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}}"#
                + "\n"
        }.joined()
        let said = try run(
            "retort-pull", [try folder.write("log.jsonl", log), "--workspace", folder.file("w")], columns: 40)
        #expect(!said.contains("MiB read\r\n"))
        let last = said.components(separatedBy: "MiB read").last ?? ""
        #expect(last.hasPrefix("\r\u{1B}[K") || said == last, "\(said)")
    }
}
