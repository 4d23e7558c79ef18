import ArgumentParser
import Datasets
import Interactions
import Labeling
import StageInterface
import Storage
import Tasks

/// Labeled examples into a dataset version.
@main
struct Curate: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-curate",
        abstract: "Make an immutable dataset version with splits that share nothing.",
        discussion: """
            Inputs that are the same become one row; nearly equal inputs are one group, and no group is in two splits. \
            The newest traffic tests. The same examples and task give the same digest. Every version stays in the \
            workspace under its digest; --output holds the latest. Truths of --gold are the answers that are trained.

            Example: retort-curate --task task.yaml --labels labels.jsonl --gold gold.jsonl --output dataset
            """,
        version: retortVersion)

    @Option(help: ArgumentHelp("The task, a task.yaml.", valueName: "file"))
    var task: String

    @Option(
        help: ArgumentHelp(
            "Labeled examples, JSON Lines, - for standard input; without it, the workspace's.", valueName: "file"))
    var labels: String?

    @Option(help: "Of the workspace's labels, those of this teacher: openai/<model> or anthropic/<model>.")
    var teacher: String?

    @Flag(help: "Take the answers of the workspace's logs themselves for labels.")
    var logged = false

    @Option(help: "Of the logs, only interactions with this workload tag, or without any; with --logged.")
    var workload: String?

    @Option(help: ArgumentHelp("Truths that a person checked: lines of input and label.", valueName: "file"))
    var gold: String?

    @Option(help: ArgumentHelp("The folder to write.", valueName: "folder"))
    var output: String

    @Option(help: "Which groups validate; by default split.seed of the task.")
    var seed: UInt64?

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        var task = try TaskDefinition(path: task)
        if let seed { task.split.seed = seed }
        let truths = try gold.map { try GoldTruths(path: $0, task: task) } ?? GoldTruths()
        let workspace = try options.openWorkspace()
        let lock = try workspace.lock("curate-\(task.name)")
        defer { withExtendedLifetime(lock) {} }
        let (examples, place) = try examples(of: task, in: workspace, console)
        try Interruption.check()
        let curation = try Curation(examples, gold: truths, task: task, place: place)
        let version = try DatasetVersion.write(curation, task: task, to: output, in: workspace)

        if let gold, truths.count == 0 { console.warn("no truths in \(gold): nothing is checked by a person") }
        for warning in curation.warnings { console.warn(warning) }
        console.summary(CurationTable.text(curation, version))
        var report = StageReport(stage: "retort-curate")
        report.inputs["task"] = task.digest.description
        report.outputs["dataset"] = version.digest.description
        for (split, file) in version.manifest.splits {
            report.outputs[split.rawValue] = file.digest.description
            report.counts["rows_\(split.rawValue)"] = file.rows
        }
        for (name, value) in curation.counts.named { report.counts[name] = value }
        report.figures["maximum_similarity_to_test"] = curation.maximumCrossSplitSimilarity
        report.details = version.manifest.certificate
        if curation.counts.goldReplaced > 0 {
            console.say("checked truths replace the teacher's label in \(curation.counts.goldReplaced) rows")
        }
        if let previous = version.previousPath { console.say("the version that was in \(output) stays in \(previous)") }
        console.say("dataset \(version.digest) in \(output)" + (version.keptPath.map { ", kept in \($0)" } ?? ""))
        return report
    }

    private func examples(
        of task: TaskDefinition, in workspace: Workspace, _ console: Console
    ) throws -> (examples: [LabeledExample], place: (Int) -> String) {
        if let labels {
            let lines = try LabeledExample.numbered(ofFile: labels, task: task)
            let name = labels == "-" ? "standard input" : labels
            return (lines.map(\.example), { "\(name):\(lines[$0].line)" })
        }
        guard logged else {
            let database = try workspace.database(InteractionStore.migrations + LabelStore.migrations)
            return byInteraction(try WorkspaceLabels(database: database, task: task, teacher: teacher).examples)
        }
        let found = try LoggedLabels(try InteractionStore(workspace), task: task, workload: workload)
        if workload == nil, let warning = Interaction.warning(ofTags: found.tags) { console.warn(warning) }
        for (reason, count) in found.rejected.sorted(by: { $0.key < $1.key }) {
            console.warn("\(count) interactions left out: \(reason)")
        }
        for (kind, count) in found.unusableLogprobs.sorted(by: { $0.key < $1.key }) {
            console.warn("log-probabilities of \(count) answers left out: \(kind)")
        }
        return byInteraction(found.examples)
    }

    private func byInteraction(
        _ examples: [LabeledExample]
    ) -> (examples: [LabeledExample], place: (Int) -> String) {
        (examples, { examples[$0].interaction.map { "interaction \($0.short)" } ?? "example \($0 + 1)" })
    }

    func validate() throws {
        if labels != nil, teacher != nil { throw ValidationError("--labels and --teacher exclude each other") }
        if logged, labels != nil || teacher != nil {
            throw ValidationError("--logged excludes --labels and --teacher")
        }
        if workload != nil, !logged { throw ValidationError("--workload: without --logged, expected it beside it") }
    }
}
