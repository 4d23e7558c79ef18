import ArgumentParser
import StageInterface
import Training

/// What becomes of a snapshot that an earlier run left.
struct SnapshotOptions: ParsableArguments {
    @Flag(help: "Go on from the snapshot of the same run, if there is one.")
    var resume = false

    @Flag(
        help: ArgumentHelp(
            "Drop the snapshot of a run that was stopped, and begin with the first step; with --resume, only one that this "
                + "run cannot go on from."))
    var fresh = false

    @Option(help: ArgumentHelp("Where the snapshot lies. (default: <output>.training)", valueName: "folder"))
    var snapshotDir: String?

    /// What there is to go on from; nil where there is nothing, or nothing of it is wanted.
    ///
    /// - Throws: `TrainingError` for a snapshot that is damaged.
    func kept(in folder: String) throws -> KeptSnapshot? {
        fresh && !resume ? nil : try KeptSnapshot(in: folder)
    }

    /// Whether a run goes on from what there is. What is dropped is said.
    ///
    /// - Throws: `StageFailure` where a run that was stopped would be lost without a flag that says so.
    func goesOn(_ run: TrainingRun, from kept: KeptSnapshot?, _ console: Console) throws -> Bool {
        guard let kept else { return false }
        let differences = kept.differences(from: run)
        if resume, differences.isEmpty { return true }
        if kept.isFinished { return false }
        if fresh {
            console.say("dropped: step \(kept.step) of another run (\(differences.joined(separator: "; ")))")
            return false
        }
        if resume {
            throw StageFailure(
                .badInput, "\(kept.path): snapshot of another run: \(differences.joined(separator: "; "))",
                hint: "add --fresh to drop it and begin again, or give the run its own --snapshot-dir")
        }
        let whose = differences.isEmpty ? "this run" : "another run (\(differences.joined(separator: "; ")))"
        throw StageFailure(
            .badInput, "\(kept.path): step \(kept.step) of \(whose), which was stopped, expected --resume or --fresh",
            hint: differences.isEmpty
                ? "--resume goes on from there, --fresh drops it and begins again"
                : "--fresh drops it and begins again; or give the run its own --snapshot-dir")
    }
}
