import ArgumentParser
import Foundation
import JSON
import Pipelines
import StageInterface

struct PipelineArgument: ParsableArguments {
    @Argument(help: "The pipeline file, such as Pipelines/support-intent.yaml.")
    var pipeline: String

    /// The pipeline as it is written, in another workspace if one was asked for.
    func read(_ options: StageOptions) throws -> PipelineDefinition {
        var definition = try PipelineDefinition(path: pipeline)
        if let workspace = options.workspace { definition.workspace = workspace }
        return definition
    }

    func makeRun(_ options: StageOptions) throws -> PipelineRun {
        try PipelineRun(
            try read(options), executables: Retort.executables,
            flags: options.quiet ? ["--quiet"] : options.verbose ? ["--verbose"] : [])
    }
}

struct Run: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run what has changed since the last run, in order.",
        discussion: """
            Stops at the first stage that fails; the same command goes on from there. --quiet and --verbose are handed to \
            every stage.

            Example: retort run Pipelines/support-intent.yaml --workspace /srv/retort
            """)

    @OptionGroup var target: PipelineArgument
    @Option(help: "Run this stage even if nothing changed. May be repeated.") var force: [String] = []
    @Option(help: "Run no stage but this one.") var only: String?
    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let run = try target.makeRun(options)
        if let only, let other = force.first(where: { $0 != only }) {
            throw StageFailure(
                .usage, "--force \(other): beside --only \(only), expected one stage in both, or no --only",
                hint: "retort run --help")
        }
        for name in force + (only.map { [$0] } ?? []) { _ = try run.pipeline.stage(name) }
        let result = try await run.run(force: Set(force), only: only, console: console)
        for line in try result.summaryLines(run.pipeline.summary) { console.summary(line) }
        for problem in try result.summaryProblems(run.pipeline.summary) { console.warn(problem) }
        if let failure = result.failure { throw StageFailure(failure) }
        return result.stageReport
    }
}

struct Plan: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a run would do now, and why. Runs nothing.",
        discussion: "Example: retort plan Pipelines/support-intent.yaml")

    @OptionGroup var target: PipelineArgument
    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        var report = StageReport(stage: "retort-plan")
        for (stage, verdict) in try target.makeRun(options).plan() {
            switch verdict {
            case .skip:
                console.data("\(stage.name): skip")
                report.outputs[stage.name] = "skip"
            case .run(let reason):
                console.data("\(stage.name): run, \(reason)")
                report.outputs[stage.name] = "run: \(reason)"
            }
        }
        return report
    }
}

struct Status: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the last run: stages, figures, and how it ended.",
        discussion: "Example: retort status Pipelines/support-intent.yaml --json")

    @OptionGroup var target: PipelineArgument
    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let definition = try target.read(options)
        guard let result = try PipelineReport.latest(of: definition) else {
            throw StageFailure(
                .badInput, "pipeline \(definition.name) has not been run in \(definition.workspace)",
                hint: "retort run \(target.pipeline)\(options.workspace.map { " --workspace \($0)" } ?? "")")
        }
        console.data("last run: \(result.startedAt.formatted(.iso8601)), \(result.outcome)")
        for line in try result.summaryLines(definition.summary) { console.data(line) }
        return result.stageReport
    }
}

struct Explain: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show everything that decides whether a stage runs, and what of it changed.",
        discussion: """
            With a version or an artifact's file in place of a pipeline: what that was made of, as retort-registry explain \
            says it.

            Examples: retort explain Pipelines/support-intent.yaml train · retort explain support-intent:3
            """)

    @OptionGroup var target: PipelineArgument
    @Argument(help: "The stage.") var stage: String
    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        var report = StageReport(stage: "retort-explain")
        let lines = try target.makeRun(options).explain(stage)
        for line in lines { console.data(line) }
        report.details = .array(lines.map { .string($0) })
        return report
    }
}
