import Foundation
public import StageInterface
import Storage
import Synchronization

/// Whether a stage must run, and why.
public enum StageVerdict: Sendable, Hashable {
    case skip
    /// Runs, for this reason.
    case run(String)
}

/// Runs a pipeline: one process per stage, skipped while its fingerprint stands.
public struct PipelineRun: Sendable {
    /// As it was written, but for paths, in which the workspace stands.
    public let pipeline: PipelineDefinition
    let processes: StageProcess
    /// What every stage gets beside its own arguments: `--quiet`, for one.
    private let flags: [String]

    /// - Parameters:
    ///   - executables: the folder in which the stages' executables are looked for first.
    ///   - flags: of every stage, beside its own arguments.
    public init(_ pipeline: PipelineDefinition, executables: String, flags: [String] = []) throws {
        var pipeline = pipeline
        let substitution = Substitution(values: PipelineRun.standingValues(of: pipeline))
        for index in pipeline.stages.indices {
            let place = "stage \(pipeline.stages[index].name)"
            pipeline.stages[index].reads = try substitution.apply(
                to: pipeline.stages[index].reads, place: "\(place), reads")
            pipeline.stages[index].writes = try substitution.apply(
                to: pipeline.stages[index].writes, place: "\(place), writes")
        }
        self.pipeline = pipeline
        self.flags = flags
        processes = StageProcess(directory: executables)
    }

    /// What each stage would do now. A stage whose inputs are still to be made is judged to run.
    public func plan() throws -> [(stage: StageDefinition, verdict: StageVerdict)] {
        let state = try PipelineState(of: pipeline)
        var running: Set<String> = []
        return try pipeline.stages.map { stage in
            let verdict: StageVerdict
            if let need = stage.needs.first(where: { running.contains($0.stage) }) {
                verdict = .run("'\(need.stage)' runs before it and may leave something else")
            } else {
                verdict = try self.verdict(on: stage, state, try fingerprint(of: stage, state))
            }
            if verdict != .skip { running.insert(stage.name) }
            return (stage, verdict)
        }
    }

    /// Runs what must run, in order; stops at the first stage that fails, keeping all that was done.
    ///
    /// - Parameters:
    ///   - force: stages to run even though their fingerprints stand.
    ///   - only: if not nil, no other stage runs.
    /// - Throws: `StageFailure` for what can be seen to be wrong before the first stage runs.
    public func run(force: Set<String> = [], only: String? = nil, console: Console) async throws -> PipelineReport {
        try check(only: only)
        let lock = try FileLock(
            path: "\(pipeline.workspace)/locks/pipeline-\(pipeline.name).lock", purpose: "pipeline \(pipeline.name)")
        defer { withExtendedLifetime(lock) {} }
        var state = try PipelineState(of: pipeline)
        var report = PipelineReport(pipeline: pipeline.name)
        for stage in pipeline.stages {
            if let only, only != stage.name { continue }
            let start = ContinuousClock.now
            do {
                try Interruption.check()
                let fingerprint = try fingerprint(of: stage, state)
                let verdict = try verdict(on: stage, state, fingerprint)
                if case .skip = verdict, !force.contains(stage.name), let done = state.stages[stage.name] {
                    console.say("\(stage.name): skipped, nothing that it reads has changed")
                    report.add(stage.name, done.report, .skipped)
                    continue
                }
                if case .run(let reason) = verdict { console.say("\(stage.name): runs, \(reason)") }
                let stageReport = try await execute(stage, state)
                state.stages[stage.name] = .init(
                    fingerprint: fingerprint, report: stageReport, writes: try writes(of: stage), finishedAt: Date())
                try state.save(of: pipeline)
                report.add(stage.name, stageReport, .done)
            } catch {
                let failure = told(StageFailure(error), of: stage)
                report.fail(stage, failure, seconds: start.duration(to: .now) / .seconds(1))
                break
            }
        }
        report.finish()
        try report.save(of: pipeline)
        return report
    }

    private func writes(of stage: StageDefinition) throws -> [String: ContentDigest] {
        try stage.writes.reduce(into: [:]) { writes, path in
            guard FileManager.default.fileExists(atPath: path) else {
                throw StageFailure(
                    .badInput,
                    "stage \(stage.name) is done, but \(path) is not there, expected it: it is among its 'writes'",
                    hint: "see the stage's arguments in \(pipeline.path)")
            }
            writes[path] = try PathDigest.of(path)
        }
    }

    /// A stage's failure with a hint for who runs a pipeline and types no command of the stage.
    private func told(_ failure: StageFailure, of stage: StageDefinition) -> StageFailure {
        var failure = failure
        guard let hint = failure.hint else { return failure }
        if hint.contains("the same command") {
            let workspace =
                pipeline.workspace == pipeline.ownWorkspace ? "" : " --workspace \(pipeline.workspace)"
            failure.hint = "retort run \(pipeline.path)\(workspace) goes on from there"
        } else if hint.contains("--") {
            failure.hint = "\(hint); the arguments of stage \(stage.name) stand in \(pipeline.path)"
        }
        return failure
    }

    private func execute(_ stage: StageDefinition, _ state: PipelineState) async throws -> StageReport {
        let values = values(for: stage, state)
        let place = "stage \(stage.name), arguments"
        let standing = ["--json", "--workspace", pipeline.workspace] + flags
        guard let service = stage.service else {
            let arguments = try Substitution(values: values).apply(to: stage.program.arguments, place: place)
            return try await processes.run(stage.program.run, arguments + standing, name: stage.name)
        }
        let serviceArguments = try Substitution(values: values).apply(
            to: service.arguments, place: "stage \(stage.name), service.arguments")
        return try await processes.withService(
            service.run, serviceArguments + (service.isOfRetort ? flags : []), name: stage.name
        ) { announced in
            var all = values
            for (key, value) in announced { all["service.\(key)"] = value }
            let arguments = try Substitution(values: all).apply(to: stage.program.arguments, place: place)
            return try await processes.run(stage.program.run, arguments + standing, name: stage.name)
        }
    }

    private func verdict(
        on stage: StageDefinition, _ state: PipelineState, _ fingerprint: Fingerprint
    ) throws -> StageVerdict {
        guard let done = state.stages[stage.name] else { return .run("it has not been done yet") }
        let differences = fingerprint.differences(from: done.fingerprint)
        guard differences.isEmpty else { return .run("changed: \(differences.joined(separator: ", "))") }
        for (path, digest) in done.writes.sorted(by: { $0.key < $1.key }) {
            guard FileManager.default.fileExists(atPath: path) else { return .run("\(path) is gone") }
            guard try PathDigest.of(path) == digest else { return .run("\(path) is not as it was left") }
        }
        if let path = stage.writes.first(where: { done.writes[$0] == nil }) {
            return .run("\(path) is new in 'writes'")
        }
        return .skip
    }

    /// Everything that decides whether a stage runs again. What its service announces is not part of it.
    func fingerprint(of stage: StageDefinition, _ state: PipelineState) throws -> Fingerprint {
        var pieces = ["program": "\(stage.program.run) \(retortVersion)"]
        let values = values(for: stage, state)
        pieces["arguments"] = try Substitution(values: values, unknown: .stays)
            .apply(to: stage.program.arguments, place: "stage \(stage.name), arguments").joined(separator: "\u{1F}")
        if let service = stage.service {
            pieces["service"] = ([service.run] + service.arguments).joined(separator: "\u{1F}")
        }
        // A program of the user's own changes without a version.
        for program in [stage.program, stage.service].compactMap({ $0 }) where program.run.contains("/") {
            guard !program.isOfRetort, let digest = try? PathDigest.of(program.run) else { continue }
            pieces["program \(program.run)"] = digest.description
        }
        for path in stage.reads { pieces["reads \(path)"] = try PathDigest.of(path).description }
        for need in stage.needs {
            guard let outputs = state.stages[need.stage]?.report.outputs else { continue }
            if let output = need.output, outputs[output] == nil {
                let known = outputs.keys.sorted().joined(separator: ", ")
                throw StageFailure(
                    .badInput, "stage \(stage.name), needs: '\(need)' is no output, expected one of \(known)")
            }
            for (key, value) in outputs where need.output ?? key == key { pieces["needs \(need.stage).\(key)"] = value }
        }
        return Fingerprint(pieces: pieces)
    }

    private static func standingValues(of pipeline: PipelineDefinition) -> [String: String] {
        ["workspace": pipeline.workspace, "pipeline": pipeline.name]
    }

    /// What every text of the pipeline may refer to.
    var standingValues: [String: String] { PipelineRun.standingValues(of: pipeline) }

    /// What `${…}` may stand for in a stage: the workspace, and the outputs, counts and figures of its needs.
    private func values(for stage: StageDefinition, _ state: PipelineState) -> [String: String] {
        var values = standingValues
        for need in stage.needs {
            guard let report = state.stages[need.stage]?.report else { continue }
            values.merge(report.values(named: need.stage)) { $1 }
        }
        return values
    }
}

extension StageReport {
    /// This report's outputs, counts and figures as `stage.key`.
    func values(named stage: String) -> [String: String] {
        var values: [String: String] = [:]
        for (key, value) in figures { values["\(stage).\(key)"] = "\(value)" }
        for (key, value) in counts { values["\(stage).\(key)"] = "\(value)" }
        for (key, value) in outputs { values["\(stage).\(key)"] = value }
        return values
    }
}
