import Foundation
import Testing
import TestSupport

/// `retort run` with a workspace of one's own, with stages that fail, and told to be quiet.
@Suite(.ownThreads) struct PipelineCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A stage that writes its first argument, prints a report, and ends with a status.
    private func program(
        _ name: String, figures: String = "{}", failure: String = "", exit status: Int = 0
    ) throws -> String {
        let report = """
            {"stage":"\(name)","status":"done","started_at":"2026-01-05T00:00:00Z","seconds":1.5,\
            "peak_memory_bytes":2097152,"inputs":{},"outputs":{},"counts":{},"figures":\(figures)\(failure)}
            """
        let path = try folder.write(
            name,
            "#!/bin/sh\necho ran >> \(folder)/\(name).runs\n[ -n \"$1\" ] && echo made > \"$1\"\necho '\(report)'\nexit \(status)\n"
        )
        chmod(path, 0o755)
        return path
    }

    private func ran(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.file("\(name).runs")) }

    @Test func everyPathOfAPipelineGoesWithTheWorkspace() throws {
        let make = try program("make")
        let file = try folder.write(
            "p.yaml",
            """
            name: p
            workspace: \(folder)/one
            stages:
              - {name: a, run: \(make), arguments: ["${workspace}/x"], writes: ["${workspace}/x"]}
              - {name: b, run: \(make), needs: [a], reads: ["${workspace}/x"], arguments: ["${workspace}/y"], writes: ["${workspace}/y"]}
            """)
        let first = try Executable.run("retort", "run", file, "--workspace", folder.file("two"))
        #expect(first.status == 0, "\(first.errors)")
        #expect(FileManager.default.fileExists(atPath: folder.file("two/y")))
        #expect(!FileManager.default.fileExists(atPath: folder.file("one")))
        let second = try Executable.run("retort", "run", file, "--workspace", folder.file("two"))
        #expect(second.errors.contains("b: skipped"), "\(second.errors)")
        let bundled = try String(contentsOfFile: Checkout.path("Pipelines/support-intent.yaml"), encoding: .utf8)
        #expect(!bundled.contains(".retort/"))
    }

    /// All of this was found only after the stages before it had taken their time and money.
    @Test(arguments: [
        ("writes: [\"FOLDER/one/x\"]", "writes: FOLDER/one/x is in the workspace FOLDER/one"),
        ("writes: [\"FOLDER/other/../one/x\"]", "is in the workspace FOLDER/one, and this run's is FOLDER/two"),
        ("reads: [\"FOLDER/one/x\"]", "reads: FOLDER/one/x is in the workspace"),
        ("arguments: [--output, FOLDER/one/x]", "arguments: FOLDER/one/x is in the workspace"),
        ("arguments: [--output=FOLDER/one/x]", "arguments: --output=FOLDER/one/x is in the workspace"),
        ("reads: [FOLDER/nowhere]", "reads: FOLDER/nowhere: no such file or folder, and no stage before it writes it"),
        ("service: {run: retort-nothing}", "retort-nothing: no such program beside retort or on the PATH"),
        ("reads: [/dev/null]", "reads: /dev/null: no file and no folder, expected either"),
    ])
    func whatCannotWorkIsRefusedBeforeTheFirstStage(lines: String, message: String) throws {
        let first = try program("first")
        func filled(_ text: String) -> String { text.replacingOccurrences(of: "FOLDER", with: folder.path) }
        let file = try folder.write(
            "p.yaml",
            "name: p\nworkspace: \(folder)/one\nstages:\n  - {name: a, run: \(first)}\n"
                + "  - {name: b, run: retort-curate, needs: [a], \(filled(lines))}\n")
        let outcome = try Executable.run("retort", "run", file, "--workspace", folder.file("two"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("error: \(file): stage b: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(filled(message)), "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: nothing was run"))
        #expect(!ran("first"))
    }

    @Test(arguments: [
        ("arguments: --output x", "stages[0].arguments: '--output x', expected a list of texts"),
        ("arguments: [--output, null]", "stages[0].arguments[1]: nothing, expected a text"),
        ("arguments: [--output, [a, b]]", "stages[0].arguments[1]: a list, expected a text"),
    ])
    func anArgumentIsATextInAList(line: String, message: String) throws {
        let file = try folder.write(
            "p.yaml", "name: p\nworkspace: \(folder)/w\nstages:\n  - {name: a, run: retort-curate, \(line)}\n")
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func anOutputThatNoArgumentNamesIsRefused() throws {
        let first = try program("first")
        let file = try folder.write(
            "p.yaml",
            """
            name: p
            workspace: \(folder)/w
            stages:
              - {name: a, run: \(first)}
              - {name: b, run: retort-curate, arguments: [--output, "${workspace}/data"], writes: ["${workspace}/date"]}
            """)
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("writes: \(folder)/w/date: no argument of the stage names it"))
        #expect(!ran("first"))
    }

    @Test func aPipelineThatFailsSaysWhatWasDoneAndTheErrorOnce() throws {
        let good = try program("good", figures: #"{"spent_usd":0.25,"spent_in_all_usd":1.5}"#)
        let bad = try program(
            "bad", figures: #"{"spent_usd":0.125,"spent_in_all_usd":0.5}"#,
            failure: #","failure":{"message":"no money","hint":"a larger --budget-usd","exit_status":4}"#, exit: 4)
        let file = try folder.write(
            "p.yaml",
            """
            name: p
            workspace: \(folder)/w
            stages:
              - {name: one, run: \(good)}
              - {name: two, run: \(bad), needs: [one]}
              - {name: three, run: \(good), needs: [two]}
            summary:
              columns: [{figure: accuracy, title: accuracy}]
              rows: [{title: model, stage: three}]
              facts:
                - {title: spent, value: "${two.spent_in_all_usd}"}
                - {title: version, value: "${three.version}"}
                - {title: other, value: "${one.nonsense}"}
            """)
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 4)
        #expect(!outcome.output.contains("${"), "\(outcome.output)")
        let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains { $0.starts(with: ["one", "done"]) && $0.last == "$0.2500" })
        #expect(rows.contains { $0.starts(with: ["two", "failed"]) && $0.last == "$0.1250" })
        #expect(rows.contains(["model", "–"]))
        #expect(rows.contains(["spent:", "0.5"]))
        #expect(rows.contains(["version:", "–"]))
        #expect(outcome.errors.components(separatedBy: "no money").count == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: a larger --budget-usd; the arguments of stage two stand in \(file)"))
        #expect(outcome.errors.contains("warning: summary, facts: '${one.nonsense}' is not in the report of one"))
        let status = try Executable.run("retort", "status", file)
        #expect(status.output.contains("ended early: stage two failed: no money"))
        #expect(!status.output.contains("${"))
    }

    /// The same with a stage of ours, which used to say it, too.
    @Test func aStageOfOursLeavesTheErrorToThePipeline() throws {
        let file = try folder.write(
            "p.yaml",
            """
            name: p
            workspace: \(folder)/w
            stages:
              - {name: data, run: retort-curate, arguments: [--task, \(folder)/none.yaml, --output, "${workspace}/d"]}
            """)
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.components(separatedBy: "none.yaml").count == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("error: stage data failed: "))
        let usage = try folder.write(
            "u.yaml",
            """
            name: u
            workspace: \(folder)/w
            stages:
              - {name: data, run: retort-curate, arguments: [--task, none.yaml, --output, d, --no-such]}
            """)
        let refused = try Executable.run("retort", "run", usage)
        #expect(refused.status == 64)
        #expect(refused.errors.components(separatedBy: "'--no-such'").count == 2, "\(refused.errors)")
    }

    @Test func quietIsQuiet() throws {
        let good = try program("good")
        let file = try folder.write(
            "p.yaml", "name: p\nworkspace: \(folder)/w\nstages:\n  - {name: one, run: \(good)}\n")
        for _ in 0..<2 {
            let outcome = try Executable.run("retort", "run", file, "--quiet")
            #expect(outcome.status == 0)
            #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.output)\(outcome.errors)")
        }
    }

    /// A stage behind a shell script is not ended because the script stands between it and the pipeline.
    @Test func aStageMayStandBehindAScript() throws {
        let script = try folder.write(
            "wrapped", "#!/bin/sh\n\"\(Executable.folder)/retort-inspect\" schema task \"$@\"\n")
        chmod(script, 0o755)
        let file = try folder.write(
            "p.yaml", "name: p\nworkspace: \(folder)/w\nstages:\n  - {name: one, run: \(script)}\n")
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func aPipeAmongWhatAStageReadsIsRefused() throws {
        let make = try program("make")
        try #require(mkfifo(folder.file("pipe"), 0o600) == 0)
        let file = try folder.write(
            "p.yaml", "name: p\nstages:\n  - {name: a, run: \(make), reads: [\(folder)/pipe]}\n")
        let outcome = try Executable.run("retort", "run", file, "--workspace", folder.file("w"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("pipe: no file and no folder, expected either"), "\(outcome.errors)")
        #expect(!ran("make"))
    }
}
