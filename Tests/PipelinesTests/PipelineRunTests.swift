import Foundation
import Pipelines
import StageInterface
import Storage
import Testing
import TestSupport

@Suite struct PipelineRunTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func twoStages() throws -> PipelineRun {
        try scratch.stage("make", body: "cp \(scratch.path)/input \(scratch.path)/made", outputs: #"{"digest":"one"}"#)
        try scratch.stage("use", outputs: #"{"result":"two"}"#)
        return try scratch.pipeline(
            """
              - {name: first, run: make, reads: [\(scratch.path)/input], writes: [\(scratch.path)/made]}
              - {name: second, run: use, needs: [first], arguments: ["--from", "${first.digest}"]}
            """)
    }

    @Test func secondRunSkipsEverything() async throws {
        _ = try scratch.file("input", "a")
        let run = try twoStages()
        let first = try await run.run(console: scratch.console)
        #expect(first.failure == nil)
        #expect(first.stages.map(\.isSkipped) == [false, false])
        let second = try await run.run(console: scratch.console)
        #expect(second.stages.map(\.isSkipped) == [true, true])
        #expect(scratch.runs("make") == 1)
        #expect(scratch.runs("use") == 1)
    }

    @Test func outputsReachTheArgumentsOfLaterStages() async throws {
        _ = try scratch.file("input", "a")
        _ = try await twoStages().run(console: scratch.console)
        #expect(
            try scratch.text("use.runs") == "--from one --json --workspace \(scratch.path)/workspace\n")
    }

    @Test func aChangedInputRunsItsStageButNotThoseWhoseInputsStand() async throws {
        _ = try scratch.file("input", "a")
        let run = try twoStages()
        _ = try await run.run(console: scratch.console)
        _ = try scratch.file("input", "b")
        let report = try await run.run(console: scratch.console)
        // `make` reports the same output digest, so that `use` has nothing new to read.
        #expect(report.stages.map(\.isSkipped) == [false, true])
        #expect(try scratch.text("made") == "b")
    }

    @Test func aLostOutputIsMadeAgain() async throws {
        _ = try scratch.file("input", "a")
        let run = try twoStages()
        _ = try await run.run(console: scratch.console)
        try FileManager.default.removeItem(atPath: "\(scratch.path)/made")
        let plan = try run.plan()
        #expect(plan.map(\.verdict).first == .run("\(scratch.path)/made is gone"))
        _ = try await run.run(console: scratch.console)
        #expect(scratch.runs("make") == 2)
    }

    @Test func aFailureStopsTheRunKeepsWhatWasDoneAndItsExitStatus() async throws {
        try scratch.stage("good", outputs: #"{"a":"1"}"#)
        try scratch.stage("bad", exit: 4)
        try scratch.stage("never")
        let run = try scratch.pipeline(
            """
              - {name: one, run: good}
              - {name: two, run: bad, needs: [one]}
              - {name: three, run: never, needs: [two]}
            """)
        let report = try await run.run(console: scratch.console)
        #expect(report.failure?.exitStatus == 4)
        #expect(report.failure?.message == "stage two failed: bad ended with exit 4")
        #expect(report.stages.map(\.outcome) == [.done, .failed])
        #expect(scratch.runs("never") == 0)
        try scratch.stage("bad")
        let again = try await run.run(console: scratch.console)
        #expect(again.failure == nil)
        #expect(again.stages.map(\.isSkipped) == [true, false, false])
    }

    @Test func aMissingInputNamesTheFile() async throws {
        let run = try twoStages()
        let failure = await #expect(throws: StageFailure.self) { try await run.run(console: scratch.console) }
        #expect(
            failure?.description == "\(scratch.path)/pipeline.yaml: stage first: reads: \(scratch.path)/input: "
                + "no such file or folder, and no stage before it writes it")
        #expect(failure?.status == .badInput)
    }

    @Test func aServiceRunsBesideItsStage() async throws {
        let service = try scratch.file(
            "server", "#!/bin/sh\necho '{\"url\":\"http://127.0.0.1:7\",\"pid\":1}'\nexec sleep 600\n")
        chmod(service, 0o755)
        try scratch.stage("ask")
        let run = try scratch.pipeline(
            """
              - {name: label, run: ask, service: {run: server}, arguments: ["${service.url}/v1"]}
            """)
        let report = try await run.run(console: scratch.console)
        #expect(report.failure == nil)
        #expect(try scratch.text("ask.runs").hasPrefix("http://127.0.0.1:7/v1 --json"))
        #expect(report.seconds < 300)
        let again = try await run.run(console: scratch.console)
        #expect(again.stages.map(\.isSkipped) == [true])
    }

    /// A stage that builds on one output of another does not run again for its other outputs.
    @Test func aNeedOfOneOutputLooksAtThatOneOnly() async throws {
        _ = try scratch.file("input", "a")
        try scratch.stage("make", outputs: #"{"rows":"1","version":"1"}"#)
        try scratch.stage("use")
        let run = try scratch.pipeline(
            """
              - {name: first, run: make, reads: [\(scratch.path)/input]}
              - {name: second, run: use, needs: [first.rows]}
            """)
        _ = try await run.run(console: scratch.console)
        try scratch.stage("make", outputs: #"{"rows":"1","version":"2"}"#)
        _ = try scratch.file("input", "b")
        #expect(try await run.run(console: scratch.console).stages.map(\.outcome) == [.done, .skipped])
        try scratch.stage("make", outputs: #"{"rows":"2","version":"2"}"#)
        _ = try scratch.file("input", "c")
        #expect(try await run.run(console: scratch.console).stages.map(\.outcome) == [.done, .done])
        try scratch.stage("make", outputs: #"{"version":"3"}"#)
        _ = try scratch.file("input", "d")
        #expect(
            try await run.run(console: scratch.console).failure?.message
                == "stage second, needs: 'first.rows' is no output, expected one of version")
    }

    @Test func twoRunsAtOnceExcludeEachOther() async throws {
        _ = try scratch.file("input", "a")
        let run = try twoStages()
        let lock = try FileLock(path: "\(scratch.path)/workspace/locks/pipeline-test.lock", purpose: "pipeline test")
        await #expect(throws: StorageError.self) { try await run.run(console: scratch.console) }
        withExtendedLifetime(lock) {}
    }

    @Test func explainMarksWhatChanged() async throws {
        _ = try scratch.file("input", "a")
        let run = try twoStages()
        _ = try await run.run(console: scratch.console)
        _ = try scratch.file("input", "b")
        let lines = try run.explain("first")
        #expect(lines.contains { $0.hasPrefix("  * reads \(scratch.path)/input: sha256:") })
        #expect(lines.contains { $0.hasPrefix("    arguments:") })
        #expect(lines.last == "it would run: changed: reads \(scratch.path)/input")
    }
}
