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
    public let pipeline: PipelineDefinition
    let processes: StageProcess

    /// - Parameter executables: the folder in which the stages' executables are looked for first.
    public init(_ pipeline: PipelineDefinition, executables: String) {
        self.pipeline = pipeline
        processes = StageProcess(directory: executables)
    }

    /// What each stage would do now. A stage whose inputs are still to be made is judged to run.
    public func plan() throws -> [(stage: StageDefinition, verdict: StageVerdict)] {
        let state = try PipelineState(of: pipeline)
        var running: Set<String> = []
        return try pipeline.stages.map { stage in
            let verdict: StageVerdict
            if let need = stage.needs.first(where: running.contains) {
                verdict = .run("'\(need)' runs before it")
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
    public func run(force: Set<String> = [], only: String? = nil, console: Console) async throws -> PipelineReport {
        let lock = try FileLock(
            path: "\(pipeline.workspace)/locks/pipeline-\(pipeline.name).lock", purpose: "pipeline \(pipeline.name)")
        defer { withExtendedLifetime(lock) {} }
        var state = try PipelineState(of: pipeline)
        var report = PipelineReport(pipeline: pipeline.name)
        for stage in pipeline.stages {
            if let only, only != stage.name { continue }
            do {
                try Interruption.check()
                let fingerprint = try fingerprint(of: stage, state)
                let verdict = try verdict(on: stage, state, fingerprint)
                if case .skip = verdict, !force.contains(stage.name), let done = state.stages[stage.name] {
                    console.say("\(stage.name): skipped, nothing that it reads has changed")
                    report.add(stage.name, done.report, isSkipped: true)
                    continue
                }
                if case .run(let reason) = verdict { console.say("\(stage.name): runs, \(reason)") }
                let stageReport = try await execute(stage, state)
                var writes: [String: ContentDigest] = [:]
                for path in stage.writes { writes[path] = try PathDigest.of(path) }
                state.stages[stage.name] = .init(
                    fingerprint: fingerprint, report: stageReport, writes: writes, finishedAt: Date())
                try state.save(of: pipeline)
                report.add(stage.name, stageReport, isSkipped: false)
            } catch {
                report.fail(stage.name, StageFailure(error))
                break
            }
        }
        report.finish()
        try report.save(of: pipeline)
        return report
    }

    private func execute(_ stage: StageDefinition, _ state: PipelineState) async throws -> StageReport {
        let values = values(for: stage, state)
        let place = "stage \(stage.name), arguments"
        let standing = ["--json", "--workspace", pipeline.workspace]
        guard let service = stage.service else {
            let arguments = try Substitution(values: values).apply(to: stage.program.arguments, place: place)
            return try await processes.run(stage.program.run, arguments + standing, name: stage.name)
        }
        let serviceArguments = try Substitution(values: values).apply(
            to: service.arguments, place: "stage \(stage.name), service.arguments")
        let processes = processes
        return try await processes.withService(service.run, serviceArguments, name: stage.name) { announced in
            var values = values
            for (key, value) in announced { values["service.\(key)"] = value }
            let arguments = try Substitution(values: values).apply(to: stage.program.arguments, place: place)
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
    private func fingerprint(of stage: StageDefinition, _ state: PipelineState) throws -> Fingerprint {
        var pieces = ["program": "\(stage.program.run) \(retortVersion)"]
        let values = values(for: stage, state)
        pieces["arguments"] = try Substitution(values: values, keepsUnknown: true)
            .apply(to: stage.program.arguments, place: "stage \(stage.name), arguments").joined(separator: "\u{1F}")
        if let service = stage.service {
            pieces["service"] = ([service.run] + service.arguments).joined(separator: "\u{1F}")
        }
        for path in stage.reads { pieces["reads \(path)"] = try PathDigest.of(path).description }
        for need in stage.needs {
            let outputs = state.stages[need]?.report.outputs ?? [:]
            for (key, value) in outputs { pieces["needs \(need).\(key)"] = value }
        }
        return Fingerprint(pieces: pieces)
    }

    /// What `${…}` may stand for in a stage: the workspace, and the outputs, counts and figures of its needs.
    private func values(for stage: StageDefinition, _ state: PipelineState) -> [String: String] {
        var values = ["workspace": pipeline.workspace, "pipeline": pipeline.name]
        for need in stage.needs {
            guard let report = state.stages[need]?.report else { continue }
            values.merge(report.values(named: need)) { $1 }
        }
        return values
    }

    /// Why a stage would run or be skipped, in lines for a person.
    public func explain(_ name: String) throws -> [String] {
        let stage = try pipeline.stage(name)
        let state = try PipelineState(of: pipeline)
        let fingerprint = try fingerprint(of: stage, state)
        var lines = [
            "stage \(name): \(stage.program.run) \(stage.program.arguments.joined(separator: " "))",
            "fingerprint \(fingerprint.digest)",
        ]
        let before = state.stages[name]?.fingerprint
        for (piece, value) in fingerprint.pieces.sorted(by: { $0.key < $1.key }) {
            let shown = value.replacingOccurrences(of: "\u{1F}", with: " ")
            let isSame = before?.pieces[piece] == value
            lines.append("  \(isSame ? " " : "*") \(piece): \(shown)")
        }
        for piece in (before?.pieces.keys.sorted() ?? []) where fingerprint.pieces[piece] == nil {
            lines.append("  * \(piece): no longer there")
        }
        switch try plan().first(where: { $0.stage.name == name })?.verdict {
        case .run(let reason)?: lines.append("it would run: \(reason)")
        default: lines.append("it would be skipped: nothing that it reads has changed")
        }
        return lines
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
