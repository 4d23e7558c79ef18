import Adapters
import ArgumentParser
import Foundation
import JSON
import StageInterface
import Storage
import Tensors
import Training

/// Several recipes, of which the best is kept.
struct SweepCommand: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-train sweep",
        abstract: "Search for a recipe: a grid or a random part of one, by successive halving.",
        discussion: """
            Every trial is an ordinary run in its own folder below the output. The same command goes on where an \
            earlier one was stopped; finished trials are not run again. The best recipe is written as adapter.yaml, \
            its adapter as adapter.gguf.

            Example: retort-train sweep --sweep sweep.yaml --recipe adapter.yaml --base model.gguf \
            --dataset dataset/train.jsonl --validation dataset/validation.jsonl --output sweep --deadline 2h
            """,
        version: retortVersion)

    @Option(help: ArgumentHelp("What to vary, a sweep.yaml.", valueName: "file"))
    var sweep: String

    @Option(help: ArgumentHelp("The recipe that the trials have in common, an adapter.yaml.", valueName: "file"))
    var recipe: String?

    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("Examples to compare the trials by, JSON Lines.", valueName: "file"))
    var validation: String

    @Option(help: ArgumentHelp("Where trials, the best recipe and its adapter go.", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "The most time to take, 2h or 1h30m; only as many trials are run as fit, at least one (else exit 4).",
            valueName: "time"), transform: TimeSpan.typed)
    var deadline: TimeSpan?

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let begun = ContinuousClock.now
        let definition = try SweepDefinition(path: sweep, recipe: recipe)
        try AtomicFile.makeDirectory(output)
        let lock = try FileLock(path: output + "/lock", purpose: "sweep in \(output)")
        defer { withExtendedLifetime(lock) {} }
        let opened = OpenedInput(
            input, validation: validation,
            date: try definition.trials[0].recipe.date ?? Sweep.date(ofSweepIn: output) ?? .today)
        let search = try Sweep(definition, folder: output, pool: threads.pool) { try opened.input(for: $0) }
        let secondsLeft = deadline.map { limit in { limit.seconds - begun.duration(to: .now) / .seconds(1) } }
        let isLate = { secondsLeft.map { $0() <= 0 } ?? false }
        if let secondsLeft {
            let reason = try search.fit(secondsLeft: secondsLeft, shouldStop: { Interruption.isRequested })
            if let reason {
                throw StageFailure(.stopped, reason, hint: "give it more time, fewer epochs, or a smaller base")
            }
        }
        for line in SweepTable.outline(search) { console.say(line) }
        let isDone = try search.run(
            secondsLeft: secondsLeft, shouldStop: { Interruption.isRequested || isLate() },
            onEvent: { SweepTable.say($0, console) },
            finish: { run, number, outcome in
                var adapter = try run.result()
                adapter.describe(try opened.lineage(run, outcome))
                try adapter.write(to: search.folder(ofTrial: number) + "/adapter.gguf")
            })
        let table = SweepTable(search)
        guard isDone, let best = search.record.ranking.first else {
            for line in table.lines { console.say(line) }
            let done = "\(search.record.findings.count) of \(search.halving.rounds.reduce(0) { $0 + $1.trials })"
            throw StageFailure(
                isLate() && !Interruption.isRequested ? .stopped : .tryLater,
                "\(isLate() ? "the deadline passed" : "interrupted") after \(done) trial rounds; all are kept",
                hint: "run the same command again to go on")
        }
        guard best.loss < .greatestFiniteMagnitude else {
            throw StageFailure(
                .badInput, "sweep: the loss of every trial runs away, expected one that can be trained",
                hint: "lower learning_rate")
        }
        let winner = search.folder(ofTrial: best.trial)
        try AtomicFile.link(winner + "/adapter.yaml", as: output + "/adapter.yaml")
        try AtomicFile.link(winner + "/adapter.gguf", as: output + "/adapter.gguf")
        for line in table.lines { console.summary(line) }
        var report = StageReport(stage: SweepCommand.commandName)
        report.outputs = [
            "adapter": try ContentDigest(ofFile: output + "/adapter.gguf").description,
            "recipe": definition.trials[best.trial - 1].recipe.digest.description,
        ]
        report.counts = [
            "trials": search.trials.count, "left_out": definition.trials.count - search.trials.count,
            "best_trial": best.trial,
        ]
        report.figures = ["validation_agreement": best.agreement, "validation_loss": best.loss]
        let taken = Set(search.trials.map(\.number))
        report.details = [
            "trials": table.json,
            "left_out": .array(definition.trials.map(\.number).filter { !taken.contains($0) }.map { .integer($0) }),
        ]
        return report
    }
}
