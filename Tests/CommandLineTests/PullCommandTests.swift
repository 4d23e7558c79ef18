import Foundation
import StageInterface
import Testing
import TestSupport

/// The built `retort-pull` on files, standard input and interruptions.
@Suite(.ownThreads) struct PullCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func log(_ count: Int, padding: Int = 0) -> String {
        let text = String(repeating: "x", count: padding)
        return (0..<count).map { number in
            #"{"timestamp":\#(1_790_000_000 + number),"request":{"model":"m","messages":[{"role":"user","content":"#
                + #""message \#(number) \#(text)"}]},"response":{"model":"m","choices":[{"index":0,"finish_reason":"#
                + #""stop","message":{"role":"assistant","content":"yes"}}]}}"# + "\n"
        }.joined()
    }

    @Test func theReportAddsUp() throws {
        let path = try folder.write("log.jsonl", log(20) + "{\"broken\n" + log(2))
        let first = try Executable.run("retort-pull", path, "--workspace", "\(folder)/w", "--json")
        #expect(first.status == 0, "\(first.errors)")
        let report = try StageReport(parsing: Array(first.output.utf8))
        #expect(report.counts["seen"] == 23)
        #expect(report.counts["kept"] == 20)
        #expect(report.counts["repeated"] == 2)
        #expect(report.counts["dropped_not_json"] == 1)
        #expect(first.errors.contains("dropped: \(path):21: not JSON: the text ends early at column 9\n"))
        #expect(!first.errors.contains("broken"))
        let again = try Executable.run("retort-pull", path, "--workspace", "\(folder)/w", "--json")
        #expect(try StageReport(parsing: Array(again.output.utf8)).outputs == report.outputs)
        let strict = try Executable.run("retort-pull", path, "--workspace", "\(folder)/w", "--require-complete")
        #expect(strict.status == 1)
        #expect(strict.errors.contains("error: the logs: 1 of 23 rows were dropped, expected none\n"))
    }

    @Test func standardInputAndItsOwnOutputAreRead() throws {
        let typed = try Executable.run(
            "retort-pull", "-", "--workspace", "\(folder)/w", "--output", "\(folder)/out.jsonl", "--json",
            input: log(5))
        #expect(typed.status == 0, "\(typed.errors)")
        let copied = try Executable.run("retort-pull", "\(folder)/out.jsonl", "--workspace", "\(folder)/v", "--json")
        let reports = try [typed, copied].map { try StageReport(parsing: Array($0.output.utf8)) }
        #expect(reports[0].outputs["interactions"] == reports[1].outputs["interactions"])
        #expect(reports[1].counts["kept"] == 5)
    }

    @Test func uselessLogsEndWithStatusOne() throws {
        let bad = try folder.write("bad.jsonl", "one\ntwo\n")
        let cases = [
            (bad, "error: the logs: all 2 rows were dropped, expected requests with their responses"),
            (
                try folder.write("none.jsonl", "\n\n"),
                "error: the logs: no rows in \(folder)/none.jsonl, expected JSON Lines"
            ),
            ("\(folder)/missing.jsonl", "error: cannot read \(folder)/missing.jsonl: no such file or directory"),
        ]
        for (path, message) in cases {
            let outcome = try Executable.run("retort-pull", path, "--workspace", "\(folder)/w")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(message + "\n"), "\(outcome.errors)")
        }
    }

    @Test func killedPullsLoseAndDoubleNothing() throws {
        let path = try folder.write("log.jsonl", log(30_000, padding: 600))
        for milliseconds in [50, 150, 400] {
            let process = try Executable.start("retort-pull", [path, "--workspace", "\(folder)/w", "--quiet"])
            usleep(UInt32(milliseconds * 1000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let rest = try Executable.run("retort-pull", path, "--workspace", "\(folder)/w", "--json")
        let whole = try Executable.run("retort-pull", path, "--workspace", "\(folder)/clean", "--json")
        let reports = try [rest, whole].map { try StageReport(parsing: Array($0.output.utf8)) }
        #expect(reports[0].outputs == reports[1].outputs)
        #expect(reports[0].counts["interactions"] == 30_000)
        #expect((reports[0].counts["kept"] ?? 0) + (reports[0].counts["already_there"] ?? 0) == 30_000)
    }
}
