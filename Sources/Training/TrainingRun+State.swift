import Adapters
import Autograd
public import Conversations
import Foundation
import Storage
import Transformers

/// Snapshots, and going back.
///
/// `snapshot.bin` is the latest state. `rollback.bin` is the state of the last step at which the recipe wants a
/// snapshot: where a roll-back leads must depend on neither the clock nor the moment of a kill.
extension TrainingRun {
    private static let snapshotName = "/snapshot.bin"
    private var snapshotPath: String { snapshotDirectory + TrainingRun.snapshotName }
    private var rollbackPath: String { snapshotDirectory + "/rollback.bin" }

    /// What is trained, and its moments.
    var numbers: [UnsafeMutableBufferPointer<Float>] {
        [parameters.values, optimizer.moment1, optimizer.moment2].map {
            UnsafeMutableBufferPointer(start: $0, count: parameterCount)
        }
    }

    /// The date that the prompts of the run in a snapshot directory print, so that a resumed run prints it too; nil
    /// where there is no snapshot, or its template prints none.
    ///
    /// - Throws: ``TrainingError`` for a snapshot that is damaged.
    public static func date(ofSnapshotIn directory: String) throws -> LocalTime? {
        let path = directory + snapshotName
        return FileManager.default.fileExists(atPath: path) ? try TrainingSnapshot.date(path) : nil
    }

    /// Goes on from the snapshot, where there is one; returns the steps that it holds.
    ///
    /// - Throws: ``TrainingError`` for a snapshot that is damaged or of another run.
    public func resume() throws -> Int {
        guard FileManager.default.fileExists(atPath: snapshotPath) else { return 0 }
        if let chosen = try TrainingSnapshot.chosenTokens(snapshotPath) {
            chosenTokens = chosen
            use(tokensPerMicroBatch: chosen, recomputedLayers: recomputedLayers)
        }
        state = try TrainingSnapshot.read(snapshotPath, identity, recipe: recipe.json, into: numbers)
        optimizer.step = state.step
        // A kill may have come between the two files.
        if state.goodStep == state.step, state.step > 0 { try AtomicFile.link(snapshotPath, as: rollbackPath) }
        return state.step
    }

    func writeSnapshot(_ onEvent: (Event) throws -> Void) throws {
        try TrainingSnapshot.write(
            state, numbers, identity, recipe: recipe.json, chosenTokens: chosenTokens, to: snapshotPath)
        if state.goodStep == state.step, state.step > 0 { try AtomicFile.link(snapshotPath, as: rollbackPath) }
        try onEvent(.snapshot(step: state.step))
    }

    func rollBack(_ onEvent: (Event) throws -> Void) throws {
        let failed = state.step + 1
        let rollbacks = state.rollbacks + 1
        guard rollbacks <= TrainingRun.maximumRollbacks else {
            throw TrainingError(
                "step \(failed): loss or gradient is not finite or runs away, after \(rollbacks - 1) roll-backs with a "
                    + "smaller rate each, expected training to go on",
                hint: "lower learning_rate, or look at the examples of this step")
        }
        let factor = state.rateFactor * 0.5
        if state.goodStep > 0 {
            let good = state.goodStep
            state = try TrainingSnapshot.read(rollbackPath, identity, recipe: recipe.json, into: numbers)
            guard state.step == good else {
                throw TrainingError(
                    "\(rollbackPath): state of step \(state.step), expected step \(good)",
                    hint: "remove the snapshot directory to begin from the first step")
            }
        } else {
            try goToStart()
        }
        optimizer.step = state.step
        state.rollbacks = rollbacks
        state.rateFactor = factor
        try onEvent(.rolledBack(from: failed, to: state.step, rateFactor: factor))
    }

    private func goToStart() throws {
        let start = try startingParameters()
        parameters.values.update(from: start.values, count: parameterCount)
        optimizer.moment1.update(repeating: 0, count: parameterCount)
        optimizer.moment2.update(repeating: 0, count: parameterCount)
        state = TrainingState()
    }
}
