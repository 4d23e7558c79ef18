import Adapters
import Architectures
import Autograd
import Checkpoints
import Foundation
import GGUF
import Randomness
import Storage
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// All weights of a small model trained: gradients of every kind of them, kills, and the model that is written.
@Suite(.needsFixtures, .ownThreads) struct FullTrainingTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func examples(_ count: Int, seed: UInt64) -> [TrainingExample] {
        var generator = SplitMix64(seed: seed)
        let prompt = (0..<10).map { _ in Int32.random(in: 3..<500, using: &generator) }
        return (0..<count).map { _ in
            let label = Int32.random(in: 20..<26, using: &generator)
            return TrainingExample(
                tokens: prompt + [label + 100, label, 2], weights: Array(repeating: 0, count: 11) + [1, 1])
        }
    }

    /// Central differences of the loss along the gradient of one tensor at a time: the slope is then the gradient's norm.
    @Test(arguments: ["llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3"])
    func theGradientOfEveryTensorIsTheSlopeOfTheLoss(model: String) throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/\(model).gguf"))
        let weights = try TrainableWeights(checkpoint)
        let parameters = weights.parameters
        #expect(parameters.entries.map(\.name) == checkpoint.architecture.requiredTensors.map(\.name))
        let step = GradientStep(
            decoder: try TrainableDecoder(checkpoint, weights: weights), adapter: nil, parameters: parameters)
        expectSlopes(step, model)
    }

    /// An update of one matrix of the first layer alone, whose input and neighbors have no gradient.
    @Test(arguments: ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"])
    func theGradientOfASingleUpdateIsTheSlopeOfTheLoss(target: String) throws {
        for model in ["qwen2", "qwen3"] {
            let checkpoint = try Checkpoint(path: Fixtures.path("models/\(model).gguf"))
            let recipe = try AdapterRecipe(text: "targets: blk.0.\(target)", path: "a")
            var generator = SplitMix64(seed: 1)
            let adapter = TrainableAdapter(
                try recipe.updates(of: checkpoint.architecture.updatableMatrices), alpha: 32, generator: &generator)
            for i in 0..<adapter.parameters.count {
                adapter.parameters.values[i] += Float.random(in: -0.05...0.05, using: &generator)
            }
            for dropout in [nil, (rate: Float(0.2), seed: UInt64(1))] {
                let step = GradientStep(decoder: try TrainableDecoder(checkpoint), adapter: adapter)
                step.dropout = dropout
                #expect(adapter.parameters.entries.count == 2)
                if dropout == nil {
                    expectSlopes(step, model)
                } else {
                    // Losses without a gradient leave nothing out: there is a gradient, and that is all to be said.
                    _ = step.gradients(of: examples(3, seed: 4))
                    #expect((0..<adapter.parameters.count).contains { adapter.parameters.gradients[$0] != 0 })
                }
            }
        }
    }

    private func expectSlopes(_ step: GradientStep, _ model: String) {
        let parameters = step.parameters
        let batch = examples(3, seed: 4)
        _ = step.gradients(of: batch)
        let gradient = (0..<parameters.count).map { parameters.gradients[$0] }
        for entry in parameters.entries {
            let range = entry.offset..<(entry.offset + entry.count)
            let norm = gradient[range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            // Biases of keys change every score of a row by the same but for rotation: their gradients are nearly 0.
            guard norm > 1e-4 else { continue }
            let kept = range.map { parameters.values[$0] }
            func loss(_ length: Double) -> Double {
                for (index, place) in range.enumerated() {
                    parameters.values[place] = kept[index] + Float(length * Double(gradient[place]) / norm)
                }
                return step.loss(of: batch).mean
            }
            let length = 0.02 / max(0.2, norm)
            let slope = (loss(length) - loss(-length)) / (2 * length)
            for (index, place) in range.enumerated() { parameters.values[place] = kept[index] }
            #expect(abs(slope / norm - 1) < 0.02, "\(model) \(entry.name): slope \(slope), norm \(norm)")
        }
    }

    @Test func sharedBeginningsChangeNothing() throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/qwen2.gguf"))
        let weights = try TrainableWeights(checkpoint)
        let decoder = try TrainableDecoder(checkpoint, weights: weights)
        func gradients(_ limit: Int, recomputedLayers: Int = 0) -> [Float] {
            let step = GradientStep(
                decoder: decoder, adapter: nil, parameters: weights.parameters, tokenLimit: limit,
                recomputedLayers: recomputedLayers)
            _ = step.gradients(of: examples(6, seed: 9))
            return (0..<weights.parameters.count).map { weights.parameters.gradients[$0] }
        }
        let packed = gradients(4096), single = gradients(1)
        let difference = zip(packed, single).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        #expect((difference / single.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot() < 1e-5)
        #expect(gradients(4096, recomputedLayers: 2) == packed)
    }

    private func makeRun(_ name: String, threads: Int = 2) throws -> TrainingRun {
        var recipe = try AdapterRecipe(
            text: "{method: full, epochs: 2, batch_size: 4, learning_rate: 1e-3}", path: "adapter.yaml")
        recipe.snapshotInterval = 2
        return try TrainingRun(
            checkpoint: Checkpoint(path: Fixtures.path("models/qwen2.gguf")), recipe: recipe,
            training: TrainingSet(examples(12, seed: 1), digest: ContentDigest(of: "train")),
            validation: TrainingSet(examples(4, seed: 1), digest: ContentDigest(of: "validation")),
            snapshotDirectory: "\(folder)/\(name)", pool: ThreadPool(threads: threads))
    }

    private func write(_ run: TrainingRun, _ name: String, _ type: Checkpoint.WeightType) throws -> String {
        let lineage = AdapterLineage(
            baseName: "qwen2.gguf", datasetName: "train", datasetDigest: ContentDigest(of: "train"),
            recipe: run.recipe.json, step: 6, totalSteps: 6, precision: "fp32", instructionSet: "any", version: "0")
        let path = "\(folder)/\(name).gguf"
        let model = try #require(try run.trainedModel())
        try model.write(type: type, lineage: lineage, to: path)
        return path
    }

    @Test func aKilledRunEndsWithTheSameModelWhichSaysWhatItIs() throws {
        let whole = try makeRun("whole")
        var losses: [Double] = []
        _ = try whole.run(onEvent: { if case .step(let record) = $0 { losses.append(record.loss) } })
        #expect(losses.count == 6 && losses[5] < losses[0] / 2)
        let path = try write(whole, "whole", .f32)
        let digest = try ContentDigest(ofFile: path)
        for threads in [1, 3] {
            let first = try makeRun("stopped", threads: threads)
            var steps = try first.resume()
            _ = try first.run(shouldStop: { steps >= 3 }) { if case .step = $0 { steps += 1 } }
        }
        let last = try makeRun("stopped")
        #expect(try last.resume() == 3)
        _ = try last.run()
        #expect(try ContentDigest(ofFile: try write(last, "stopped", .f32)) == digest)

        let base = try Checkpoint(path: Fixtures.path("models/qwen2.gguf"))
        let model = try Checkpoint(path: path)
        #expect(model.architecture == base.architecture)
        #expect(try model.file.metadata.optionalString("retort.base.digest") == base.digest().description)
        #expect(
            try model.file.metadata.optionalString("retort.dataset.digest") == ContentDigest(of: "train").description)
        #expect(try model.digest() != base.digest())
        // What was trained is what is read: the loss of the run's own weights is that of the file's.
        let parameters = try TrainableWeights(model).parameters
        let step = GradientStep(
            decoder: try TrainableDecoder(model), adapter: nil, parameters: parameters)
        #expect(step.loss(of: examples(12, seed: 1)).mean < losses[0] / 2)
        // Half precision: every number within half a unit of its eleventh bit.
        let half = try TrainableWeights(Checkpoint(path: write(last, "half", .f16))).parameters
        for place in stride(from: 0, to: parameters.count, by: 97) {
            let exact = parameters.values[place]
            #expect(abs(half.values[place] - exact) <= max(abs(exact) / 2048, 6e-8))
        }
    }

    @Test func anAdapterToBeginFromIsRefused() throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/qwen2.gguf"))
        let start = try TrainingStart(path: Fixtures.path("lora/adapter-qwen2/adapter.gguf"), for: checkpoint)
        let recipe = try AdapterRecipe(text: "method: full", path: "adapter.yaml")
        let error = #expect(throws: TrainingError.self) {
            _ = try TrainingRun(
                checkpoint: checkpoint, recipe: recipe,
                training: TrainingSet(examples(2, seed: 1), digest: ContentDigest(of: "a")), validation: nil,
                start: start, snapshotDirectory: folder.path)
        }
        #expect(error?.description.hasSuffix("an adapter to begin from, expected none with method: full") == true)
    }
}
