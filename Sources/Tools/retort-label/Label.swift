import ArgumentParser
import Foundation
import Interactions
import Labeling
import StageInterface
import Storage
import Tasks
import Teachers

/// Parses, labels, writes the examples and reports.
struct Label: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-label",
        abstract: "Label interactions through a teacher API, within a budget.",
        discussion: """
            Answers are kept in the workspace as they come: run it again after an interruption, an outage or a larger \
            budget, and it goes on where it stopped, without paying for anything twice. Only an answer that the teacher \
            finished is a label; what was cut, filtered or refused is rejected and counted.

            'retort-label ledger' shows what was spent, 'retort-label ledger settle' sets a booking right.

            Example: retort-label --task task.yaml --input interactions.jsonl \
            --endpoint https://api.openai.com/v1 --model NAME --key-env OPENAI_API_KEY --price-in 2 --price-out 8 \
            --budget-usd 5 --output labels.jsonl
            """,
        version: retortVersion)

    @OptionGroup var options: StageOptions
    @OptionGroup(title: "Teacher") var teacher: TeacherFlags

    @Option(help: "The task, a task.yaml.")
    var task: String

    @Option(
        help: ArgumentHelp(
            "Interactions, JSON Lines, - for standard input; without it, the workspace's.", valueName: "file"))
    var input: String?

    @Option(help: ArgumentHelp("Where to write the labeled examples, JSON Lines.", valueName: "file"))
    var output: String?

    @Option(help: "Label only interactions with this workload tag, or without any. (default: all)")
    var workload: String?

    @Option(help: "Label no more than this many interactions. (default: all)")
    var limit: Int?

    @Option(help: "Requests on their way at a time.")
    var concurrency = 8

    @Option(help: "The most that this task may cost in this workspace, over all runs, USD.")
    var budgetUsd = 5.0

    @Flag(help: "Ask again for inputs that were rejected earlier.")
    var retryRejected = false

    func validate() throws {
        guard (1...1024).contains(concurrency) else {
            throw ValidationError("--concurrency: \(concurrency), expected 1 to 1024")
        }
        guard budgetUsd >= 0, budgetUsd <= 1e6 else {
            throw ValidationError("--budget-usd: \(budgetUsd), expected 0 to 1000000")
        }
        guard limit ?? 1 > 0 else { throw ValidationError("--limit: \(limit ?? 0), expected 1 or more") }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        if let output {
            try OutputPath.check(output, reading: ["--task": task, "--input": input, "--key-file": teacher.keyFile])
        }
        let task = try TaskDefinition(path: task)
        let endpoint = try teacher.makeEndpoint()
        if let warning = endpoint.key?.warning { console.warn(warning) }
        if !endpoint.isLoopback, !teacher.hasPrices {
            throw StageFailure(
                .badInput, "prices of \(endpoint.model): missing, expected --price-in and --price-out",
                hint: "give USD per million tokens; the budget counts with them")
        }
        if !teacher.hasPrices {
            console.warn("--budget-usd limits nothing: without --price-in and --price-out every answer counts as free")
        }
        let workspace = try options.openWorkspace()
        let lock = try workspace.lock("label-\(task.name)")
        defer { withExtendedLifetime(lock) {} }
        let database = try workspace.database(
            InteractionStore.migrations + TeacherLedger.migrations + LabelStore.migrations)
        var selection = try select(task, InteractionStore(database: database))
        if let limit { selection.inputs = Array(selection.inputs.prefix(limit)) }
        try LabelReport.check(selection, task, workload: workload)

        let labels = LabelStore(database: database)
        if input == nil {
            let (adopted, others) = try await labels.adoptDecisions(
                of: InteractionStore(database: database), task: task, workload: workload,
                LabelStore.Scope(task: task, dialect: endpoint.dialect, model: endpoint.model), model: endpoint.model)
            if adopted > 0 { console.say("\(adopted) inputs were answered by \(endpoint.model) when they were served") }
            if others > 0 {
                console.say("\(others) answers of the frontier were to other tasks, and are no labels of this one")
            }
        }
        let ledger = TeacherLedger(database: database)
        let budget = try await Budget(account: task.name, limit: USD(budgetUsd), ledger: ledger)
        let client = TeacherClient(endpoint: endpoint, options: teacher.options(), budget: budget)
        let run = LabelingRun(
            labeler: Labeler(
                task: task, client: client, maximumTokens: teacher.maxTokens, topLogprobs: teacher.logprobs),
            store: labels, budget: budget, concurrency: concurrency,
            retriesRejected: retryRejected)
        let result: LabelingResult
        do {
            result = try await run.run(selection.inputs, isStopRequested: { Interruption.isRequested }) { progress in
                console.progress(progress.line)
            }
        } catch let error as LabelingError where error.isPassing {
            throw StageFailure(.tryLater, error.description, hint: error.hint)
        }
        let report = LabelReport(
            task: task, workload: workload, model: endpoint.model, selection: selection, result: result,
            asksForLogprobs: teacher.logprobs != nil,
            tally: client.tally, adaptations: client.adaptations, budget: budget.limit,
            spentBefore: budget.spentBefore, spent: await budget.spent)
        for warning in report.warnings { console.warn(warning) }
        for note in report.notes { console.say("note: \(note)") }
        if var failure = report.failure {
            failure.figures = report.figures
            throw failure
        }
        let lines = LabeledLines(try run.examples(of: selection.inputs, result))
        if let output { try lines.write(to: output) }
        console.summary(report.summary)
        return report.stageReport(labels: lines.digest)
    }

    private func select(_ task: TaskDefinition, _ store: InteractionStore) throws -> LabelInputs {
        if let input { return try LabelInputs(path: input, task: task, workload: workload) }
        return try LabelInputs(store, task: task, workload: workload)
    }
}
