import Foundation
import Testing
import TestSupport

/// Stages and services that are programs of the user's own: how they are ended, noticed and believed.
@Suite(.ownThreads) struct PipelineStageCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static let report = """
        {"stage":"s","status":"done","started_at":"2026-01-05T00:00:00Z","seconds":1,"peak_memory_bytes":1,\
        "inputs":{},"outputs":{},"counts":{},"figures":{}}
        """

    private func script(_ name: String, _ lines: String) throws -> String {
        let path = try folder.write(name, "#!/bin/sh\n\(lines)\n")
        chmod(path, 0o755)
        return path
    }

    private func pipeline(_ stages: String) throws -> String {
        try folder.write("p.yaml", "name: p\nworkspace: \(folder)/w\nstages:\n\(stages)\n")
    }

    private func appears(_ name: String) -> Bool {
        (0..<200).contains { _ in
            if FileManager.default.fileExists(atPath: folder.file(name)) { return true }
            usleep(50_000)
            return false
        }
    }

    private func ends(_ process: Process, within seconds: Int) -> Bool {
        for _ in 0..<seconds * 20 where process.isRunning { usleep(50_000) }
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        return !process.isRunning
    }

    /// The script alone was ended, and a training behind it went on for hours.
    @Test func anInterruptionReachesWhatStandsBehindAScript() throws {
        let stage = try script(
            "stage", "sh -c 'echo $$ > \(folder)/pid.new; mv \(folder)/pid.new \(folder)/pid; exec sleep 300'")
        let run = try Executable.start("retort", ["run", try pipeline("  - {name: a, run: \(stage)}")])
        try #require(appears("pid"))
        run.interrupt()
        #expect(ends(run, within: 20))
        #expect(run.terminationStatus == 75)
        let text = try String(contentsOfFile: folder.file("pid"), encoding: .utf8)
        let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        var isGone = false
        for _ in 0..<100 where !isGone {
            // What has ended and was not collected is gone, too.
            let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ") Z"
            isGone = status.contains(") Z")
            usleep(50_000)
        }
        #expect(isGone)
        if !isGone { kill(child, SIGKILL) }
    }

    /// A service that wrote more than a pipe holds stopped for ever, and its stage with it.
    @Test func aServiceMayTalkOn() throws {
        let service = try script(
            "service", "echo '{}'\nhead -c 300000 /dev/zero\ntouch \(folder)/said\nexec sleep 300")
        let stage = try script(
            "stage",
            "for i in $(seq 100); do [ -e \(folder)/said ] && echo '\(PipelineStageCasesTests.report)' && exit 0; sleep 0.1; done; exit 1"
        )
        let outcome = try Executable.run(
            "retort", "run", try pipeline("  - {name: a, run: \(stage), service: {run: \(service)}}"))
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func theWaitForAServiceCanBeInterrupted() throws {
        let service = try script("service", "touch \(folder)/begun\nprintf '{}'\nexec sleep 300")
        let run = try Executable.start(
            "retort", ["run", try pipeline("  - {name: a, run: \(service), service: {run: \(service)}}")])
        try #require(appears("begun"))
        run.interrupt()
        #expect(ends(run, within: 20))
        #expect(run.terminationStatus == 75)
    }

    @Test func whatAServiceSaidInPlaceOfItsAnnouncementIsShown() throws {
        let service = try script("service", "echo hello\nexec sleep 300")
        let outcome = try Executable.run(
            "retort", "run", try pipeline("  - {name: a, run: \(service), service: {run: \(service)}}"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("said 'hello', expected one JSON object on a line"), "\(outcome.errors)")
    }

    /// An edited script of the user's was skipped as done.
    @Test func aProgramOfTheUsersThatWasEditedRunsAgain() throws {
        let stage = try script("stage", "echo '\(PipelineStageCasesTests.report)'")
        let file = try pipeline("  - {name: a, run: \(stage)}")
        #expect(try Executable.run("retort", "run", file).status == 0)
        #expect(try Executable.run("retort", "plan", file).output == "a: skip\n")
        _ = try script("stage", "# mended\necho '\(PipelineStageCasesTests.report)'")
        let plan = try Executable.run("retort", "plan", file)
        #expect(plan.output == "a: run, changed: program \(stage)\n", "\(plan.output)\(plan.errors)")
    }

    /// Of a folder's links, those to folders were passed over: what changed behind them was not noticed.
    @Test func whatAFolderLinksToIsPartOfIt() throws {
        let stage = try script("stage", "echo '\(PipelineStageCasesTests.report)'")
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.file("elsewhere"), withIntermediateDirectories: true)
        try folder.write("elsewhere/rows", "1")
        try FileManager.default.createSymbolicLink(atPath: folder.file("in/link"), withDestinationPath: "../elsewhere")
        // Links that lead back end nowhere.
        try FileManager.default.createSymbolicLink(atPath: folder.file("elsewhere/back"), withDestinationPath: "../in")
        try FileManager.default.createSymbolicLink(atPath: folder.file("in/self"), withDestinationPath: ".")
        let file = try pipeline("  - {name: a, run: \(stage), reads: [\(folder)/in]}")
        #expect(try Executable.run("retort", "run", file).status == 0)
        #expect(try Executable.run("retort", "plan", file).output == "a: skip\n")
        try folder.write("elsewhere/rows", "2")
        let plan = try Executable.run("retort", "plan", file)
        #expect(plan.output == "a: run, changed: reads \(folder)/in\n", "\(plan.output)\(plan.errors)")
    }

    @Test func aReportOfAFailureIsBelieved() throws {
        let failed = PipelineStageCasesTests.report.replacingOccurrences(of: "done", with: "failed")
        let file = try pipeline("  - {name: a, run: \(try script("stage", "echo '\(failed)'"))}")
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("reports the status 'failed', expected done"), "\(outcome.errors)")
        #expect(try Executable.run("retort", "plan", file).output == "a: run, it has not been done yet\n")
    }

    /// An empty one was the root of the file system, in which locks and states were made.
    @Test(arguments: ["\"\"", "~/runs"])
    func aWorkspaceIsAPath(workspace: String) throws {
        let stage = try script("stage", "echo '\(PipelineStageCasesTests.report)'")
        let file = try folder.write(
            "p.yaml", "name: p\nworkspace: \(workspace)\nstages:\n  - {name: a, run: \(stage)}\n")
        let outcome = try Executable.run("retort", "plan", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("line 2: workspace: '"), "\(outcome.errors)")
        let given = try Executable.run("retort", "plan", file, "--workspace", "")
        #expect(given.status == 64 && given.errors.contains("--workspace: '', expected a folder"), "\(given.errors)")
    }

    @Test func aForcedStageThatIsNotTheOnlyOneIsRefused() throws {
        let stage = try script("stage", "echo '\(PipelineStageCasesTests.report)'")
        let file = try pipeline("  - {name: a, run: \(stage)}\n  - {name: b, run: \(stage)}")
        let outcome = try Executable.run("retort", "run", file, "--only", "a", "--force", "b")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--force b: beside --only a, expected one stage in both"), "\(outcome.errors)")
        #expect(try Executable.run("retort", "run", file, "--only", "a", "--force", "a").status == 0)
    }

    @Test func whatAStageWroteMustBeAsItWasLeft() throws {
        let made = folder.file("made")
        let stage = try script("stage", "echo 1 > \(made)\necho '\(PipelineStageCasesTests.report)'")
        let file = try pipeline("  - {name: a, run: \(stage), writes: [\(made)]}")
        #expect(try Executable.run("retort", "run", file).status == 0)
        #expect(try Executable.run("retort", "plan", file).output == "a: skip\n")
        try folder.write("made", "2")
        #expect(try Executable.run("retort", "plan", file).output == "a: run, \(made) is not as it was left\n")
        _ = try script("stage", "echo '\(PipelineStageCasesTests.report)'")
        try FileManager.default.removeItem(atPath: made)
        let outcome = try Executable.run("retort", "run", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("stage a is done, but \(made) is not there, expected it"), "\(outcome.errors)")
    }
}
