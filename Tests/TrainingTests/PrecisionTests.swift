import Adapters
import Autograd
import Checkpoints
import Foundation
import JSON
import Storage
import Tensors
import Testing
import TestSupport
import Tokenizers
import Training

/// Training in bfloat16: another rounding, the same learning.
@Suite(.ownThreads) struct PrecisionTests {
    @Test(
        .needsFixtures,
        arguments: ["trace-sft-llama", "trace-sft-qwen2", "trace-sft-prefix"])
    func theFinalLossIsThatOfPEFT(name: String) throws {
        let trace = try Trace(name)
        let step = GradientStep(decoder: trace.decoder, adapter: trace.adapter, precision: .bf16)
        var last = 0.0
        for number in 1...trace.steps.count {
            let examples = trace.batches(of: number).flatMap { $0["examples"]?.arrayValue ?? [] }.map(\.example)
            last = step.gradients(of: examples).mean
            let norm = trace.optimizer.gradientNorm
            trace.optimizer.update(learningRate: trace.schedule.rate(step: number), gradientNorm: norm)
        }
        trace.expectClose(last, trace.steps.last?["loss"], relative: 0.01, "final loss")
        #expect(last != trace.steps.last?["loss"]?.doubleValue)
    }

    /// Threads, as for float32 in `TrainingRunTests`.
    @Test func theBundledBaseLearnsTheDemoAsInFullPrecision() throws {
        let reference = try run(.fp32, threads: 2)
        let shared = try run(.bf16, threads: 2)
        let alone = try run(.bf16, threads: 1)
        let (last, first) = (try #require(reference.losses.last), try #require(reference.losses.first))
        #expect(last < 0.5 * first, "it learns: \(first) to \(last)")
        #expect(abs(try #require(shared.losses.last) - last) < 0.01 * last)
        #expect(shared.losses != reference.losses)
        #expect(shared.losses == alone.losses && shared.adapter == alone.adapter)
    }

    @Test func aSnapshotOfAnotherPrecisionIsRefused() throws {
        let folder = try ScratchFolder()
        _ = try makeRun(.fp32, threads: 1, folder).run(shouldStop: { true })
        let error = #expect(throws: TrainingError.self) { _ = try makeRun(.bf16, threads: 1, folder).resume() }
        #expect(error?.description.contains("precision fp32, expected bf16") == true, "\(String(describing: error))")
    }

    private func run(_ precision: AdapterRecipe.Precision, threads: Int) throws -> (
        losses: [Double], adapter: [String: LowRankPair]
    ) {
        let folder = try ScratchFolder()
        let run = try makeRun(precision, threads: threads, folder)
        var losses: [Double] = []
        _ = try run.run(shouldStop: { false }) { event in
            if case .step(let record) = event { losses.append(record.loss) }
        }
        return (losses, try run.result().tensors)
    }

    /// The first questions of the demo with their labels, three times over.
    private func makeRun(_ precision: AdapterRecipe.Precision, threads: Int, _ folder: ScratchFolder) throws
        -> TrainingRun
    {
        let checkpoint = try Checkpoint(path: Checkout.base)
        let tokenizer = try checkpoint.tokenizer
        let text = try String(
            contentsOfFile: Checkout.path("Datasets/support-intent/gold.jsonl"), encoding: .utf8)
        let prompt = try tokenizer.encode("Name the intent of the customer's message.\n")
        let examples = try text.split(separator: "\n").prefix(64).map { line in
            // A line as it stands, question before label, is as good a text as any.
            let tokens = try prompt + tokenizer.encode(String(line))
            return TrainingExample(
                tokens: tokens,
                weights: [Float](repeating: 0, count: prompt.count)
                    + [Float](repeating: 1, count: tokens.count - prompt.count))
        }
        var recipe = AdapterRecipe()
        recipe.rank = 8
        recipe.epochs = 3
        recipe.batchSize = 8
        recipe.learningRate = 5e-3
        recipe.precision = precision
        recipe.keepsBest = false
        return try TrainingRun(
            checkpoint: checkpoint, recipe: recipe, training: TrainingSet(examples, digest: ContentDigest(of: text)),
            validation: nil, snapshotDirectory: folder.path, pool: ThreadPool(threads: threads))
    }
}
