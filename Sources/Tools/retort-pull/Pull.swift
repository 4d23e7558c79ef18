import ArgumentParser
import Dialects
import Interactions
import StageInterface
import Storage
import Tasks

/// Logs into the workspace.
@main
struct Pull: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-pull",
        abstract: "Bring logged requests and responses into the workspace.",
        discussion: """
            Reads JSON Lines, plain or gzip, of OpenAI chat-completion requests and their responses, streamed ones \
            and our own decision log included. Pulling the same log twice adds no row; rows that are there can be \
            tagged later. In a directory, *.jsonl, *.ndjson and *.json are logs, rotated or compressed ones too; what \
            is passed over is said.

            Example: retort-pull logs/ --workload support --output interactions.jsonl
            """,
        version: retortVersion)

    @Argument(help: "Files, directories, or - for standard input.")
    var paths: [String] = ["-"]

    @Option(help: "A task.yaml; rows without a workload tag count as this task's.")
    var task: String?

    @Option(help: "Keep only rows tagged with this workload, and those without a tag, which get it.")
    var workload: String?

    @Option(help: "Write the workspace's interactions to this JSON Lines file.")
    var output: String?

    @Option(help: ArgumentHelp("Drop rows of more than so many MiB.", valueName: "MiB"))
    var maxRow: Int = LogPull.defaultRowLimit >> 20

    @Flag(help: "End with status 1 if any row was dropped.")
    var requireComplete = false

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let task = try task.map { try TaskDefinition(path: $0) }
        let search = try LogSearch(paths)
        let sources = search.sources
        if let output {
            try OutputPath.check(output, reading: ["--task": self.task])
            for source in sources { try OutputPath.isNone(of: ["<paths>": source.path], output, as: "--output") }
        }
        let workspace = try options.openWorkspace()
        let lock = try workspace.lock("pull")
        defer { withExtendedLifetime(lock) {} }
        let store = try InteractionStore(workspace)
        let pull = LogPull(
            store: store, workload: workload, untagged: task?.name, rowLimit: maxRow << 20,
            isStopped: { Interruption.isRequested })
        let start = ContinuousClock.now
        let result = try pull.run(sources) { progress in
            try Interruption.check()
            console.progress("\(progress.reconciliation.seen) rows, \(progress.byteCount >> 20) MiB read")
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let counts = result.reconciliation
        console.summary(PullTable.text(counts))
        if counts.lostCount > 0, counts.lostCount < counts.seen {
            console.warn("\(counts.lostCount) of \(counts.seen) rows were dropped")
        }
        for fault in result.faults { console.say("dropped: \(fault)") }
        let unnamed = counts.lostCount - result.faults.count
        if unnamed > 0 { console.say("dropped: \(unnamed) more") }
        for note in RowNote.allCases where note.isWarning {
            if let count = counts.notes[note] { console.warn("\(count) rows \(note.text)") }
        }
        sayWhatWasPassedOver(search, console)
        for failure in result.failures.dropFirst() { console.warn(failure.description) }
        try check(result, sources)
        if let output {
            try AtomicFile.write(to: output, isPrivate: true) { _ = try store.write(to: $0, workload: workload) }
        }

        var report = StageReport(stage: "retort-pull")
        let digest = try store.digest(workload: workload)
        report.outputs["interactions"] = digest.description
        report.counts = Dictionary(uniqueKeysWithValues: counts.counts)
        report.counts["interactions"] = try store.count(workload: workload)
        report.counts["sources"] = sources.count
        report.counts["passed_over"] = search.passedOver.count
        report.counts["bytes"] = result.byteCount
        report.figures["mebibytes_per_second"] = Double(result.byteCount) / 1_048_576 / max(seconds, 1e-9)
        console.say("\(report.counts["interactions"] ?? 0) interactions in the workspace, digest \(digest.short)")
        return report
    }

    private func sayWhatWasPassedOver(_ search: LogSearch, _ console: Console) {
        let named = 5
        for left in search.passedOver.prefix(named) { console.warn("passed over \(left)") }
        let more = search.passedOver.count - named
        if more > 0 { console.warn("passed over \(more) more files") }
        for link in search.links.prefix(named) { console.say("read through a symbolic link: \(link.name)") }
    }

    private func check(_ result: LogPull.Progress, _ sources: [LogSource]) throws {
        let counts = result.reconciliation
        if let failure = result.failures.first { throw failure }
        if counts.seen > 0, counts.droppedCount == counts.seen {
            throw StageFailure(
                .badInput, "the logs: all \(counts.seen) rows were dropped, expected requests with their responses",
                hint: result.faults.first.map { "the first: \($0)" })
        }
        if counts.seen == 0 {
            let places = sources.count == 1 ? sources[0].name : "\(sources.count) files"
            throw StageFailure(.badInput, "the logs: no rows in \(places), expected JSON Lines")
        }
        if requireComplete, counts.lostCount > 0 {
            throw StageFailure(
                .badInput, "the logs: \(counts.lostCount) of \(counts.seen) rows were dropped, expected none")
        }
    }

    func validate() throws {
        guard (1...1024).contains(maxRow) else {
            throw ValidationError("--max-row: \(maxRow), expected a number of MiB from 1 to 1024")
        }
        if workload?.isEmpty ?? false { throw ValidationError("--workload: '', expected a name") }
    }
}
