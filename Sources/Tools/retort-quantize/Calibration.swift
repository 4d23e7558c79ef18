import Adapters
import Checkpoints
import Foundation
import Inference
import PlainText
import Quantization
import StageInterface
import Storage

/// An importance matrix computed by running a model over the user's own prompts.
struct Calibration {
    let matrix: ImportanceMatrix
    let promptCount: Int
    let tokenCount: Int

    /// - Parameters:
    ///   - adapter: the one that is to be merged: the matrix is that of the merged model.
    ///   - date: what a chat template that prints the date is told.
    ///   - chunks: how many times 512 tokens are read at most.
    ///   - name: what the new model's metadata calls the matrix.
    init(
        _ checkpoint: Checkpoint, adapter: LowRankAdapter?, prompts path: String, date: LocalTime, chunks: Int,
        name: String, console: Console
    ) throws {
        let start = ContinuousClock.now
        let file = try PromptFile(
            path: path, checkpoint: checkpoint, maximumTokens: chunks * ImportanceAccumulator.chunkSize, date: date)
        promptCount = file.promptCount
        tokenCount = file.tokenCount
        if file.isCut {
            console.say(
                "\(path): the first \(tokenCount) tokens are read, of \(promptCount) prompts; "
                    + "--calibrate-chunks reads more")
        }
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let loaded = try adapter.map { try engine.load($0) }
        var accumulator = ImportanceAccumulator()
        let total = tokenCount
        func progress(_ done: Int) throws {
            try Interruption.check()
            guard done > 0 else { return }
            let rate = Int(Double(done) / max(1e-3, start.duration(to: .now) / .seconds(1)))
            console.progress(
                "calibrating: \(done) of \(total) tokens, \(rate) a second, \((total - done) / max(1, rate)) s left")
        }
        try engine.observeInputs(of: file.sequences, adapter: loaded, progress: progress) { input in
            accumulator.add(input.name, inputs: input.values, columns: input.columns)
        }
        matrix = try accumulator.finish(path: name, dataset: PathName.last(of: path))
        let seconds = (start.duration(to: .now) / .seconds(1) * 10).rounded() / 10
        console.say(
            "\(path): \(tokenCount) tokens of \(promptCount) prompts, \(matrix.chunkCount) chunks of "
                + "\(matrix.chunkSize), importance of \(matrix.entries.count) matrices in \(seconds) s")
    }
}
