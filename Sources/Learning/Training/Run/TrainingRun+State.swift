import Adapters
import Autograd
import Foundation
import Storage
import Transformers

/// Snapshots, and going back.
///
/// `snapshot.bin` is the latest state; it is called `finished.bin` once what the run trained is written. `rollback.bin` is
/// the state of the last step at which the recipe wants a snapshot: where a roll-back leads must depend on neither the
/// clock nor the moment of a kill.
extension TrainingRun {
    private var snapshotPath: String { snapshotDirectory + KeptSnapshot.name }
    private var rollbackPath: String { snapshotDirectory + "/rollback.bin" }

    /// What is trained, and its moments.
    var numbers: [UnsafeMutableBufferPointer<Float>] {
        [parameters.values, optimizer.moment1, optimizer.moment2].map {
            UnsafeMutableBufferPointer(start: $0, count: parameterCount)
        }
    }

    /// Goes on from the snapshot of this run, where there is one; returns the steps that it holds.
    ///
    /// - Throws: ``TrainingError`` for a snapshot that is damaged, or that another run has left and not finished.
    public func resume() throws -> Int {
        guard let kept = try KeptSnapshot(in: snapshotDirectory) else { return 0 }
        if kept.isFinished, !kept.differences(from: self).isEmpty { return 0 }
        if let chosen = kept.chosenTokens {
            chosenTokens = chosen
            use(tokensPerMicroBatch: chosen, recomputedLayers: recomputedLayers)
        }
        state = try TrainingSnapshot.read(kept.path, identity, recipe: recipe.json, into: numbers)
        optimizer.step = state.step
        // A kill may have come between the two files.
        if state.goodStep == state.step, state.step > 0 { try AtomicFile.link(kept.path, as: rollbackPath) }
        return state.step
    }

    /// Notes that what the run trained is written: the snapshot is no unfinished work any more.
    public func finish() throws {
        guard FileManager.default.fileExists(atPath: snapshotPath) else { return }
        try AtomicFile.link(snapshotPath, as: snapshotDirectory + KeptSnapshot.finishedName)
        try dropSnapshot()
    }

    /// Removes what an earlier run has left to go on from.
    public func dropSnapshot() throws {
        for path in [snapshotPath, rollbackPath] where FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw TrainingError("cannot remove \(path): \(error.localizedDescription)")
            }
        }
    }

    func writeSnapshot(_ onEvent: (Event) throws -> Void) throws {
        try TrainingSnapshot.write(
            state, numbers, identity, recipe: recipe.json, chosenTokens: chosenTokens, to: snapshotPath)
        if state.goodStep == state.step, state.step > 0 { try AtomicFile.link(snapshotPath, as: rollbackPath) }
        try onEvent(.snapshot(step: state.step))
    }

    /// - Parameter failed: the step after which the numbers are not to be trusted.
    func rollBack(from failed: Int, _ onEvent: (Event) throws -> Void) throws {
        let rollbacks = state.rollbacks + 1
        guard rollbacks <= TrainingRun.maximumRollbacks else {
            throw TrainingError(
                "step \(failed): loss or gradient is not finite or runs away, after \(rollbacks - 1) roll-backs with a "
                    + "smaller rate each, expected training to go on",
                hint: "lower learning_rate, or look at the examples of this step", isDivergence: true)
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
