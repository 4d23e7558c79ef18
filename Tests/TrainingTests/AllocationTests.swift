import Architectures
import Autograd
import Checkpoints
import Foundation
import Randomness
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// A step allocates nothing once it has seen its largest batch: from packed batches to updated parameters.
///
/// What the kernels do depends on `RETORT_KERNELS`, of which a process has one.
@Suite(.enabled(if: AllocationCounter.works, "counts by replacing glibc's malloc"), .ownThreads) struct AllocationTests
{
    struct Variant: CustomTestStringConvertible, Sendable {
        var precision = Precision.fp32
        var threads = 1
        var recomputedLayers = 0
        var dropout: Float = 0
        var isOfPreferences = false
        var objective = TrainingObjective()
        var trainsAll = false

        var testDescription: String {
            var words = ["\(precision)", "\(threads) threads"]
            if recomputedLayers > 0 { words.append("\(recomputedLayers) layers recomputed") }
            if dropout > 0 { words.append("dropout") }
            if isOfPreferences { words.append("dpo") }
            if objective.distillationWeight > 0 { words.append("distillation") }
            if trainsAll { words.append("all weights") }
            return words.joined(separator: ", ")
        }
    }

    static let variants: [Variant] = Precision.allCases.flatMap { precision in
        [1, 2].flatMap { threads in
            [
                Variant(precision: precision, threads: threads),
                Variant(precision: precision, threads: threads, recomputedLayers: 2),
                Variant(precision: precision, threads: threads, recomputedLayers: 1, dropout: 0.2),
                Variant(precision: precision, threads: threads, isOfPreferences: true),
                Variant(
                    precision: precision, threads: threads,
                    objective: TrainingObjective(distillationWeight: 0.4, temperature: 1.5)),
                Variant(precision: precision, threads: threads, trainsAll: true),
            ]
        }
    }

    @Test(arguments: variants) func aStepAllocatesNothing(variant: Variant) throws {
        try expectNone(Checkout.base, variant)
    }

    @Test(
        .needsFixtures,
        arguments: ["llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"])
    func noArchitectureAllocates(model: String) throws {
        for precision in Precision.allCases {
            try expectNone(
                Fixtures.path("models/\(model).gguf"), Variant(precision: precision, threads: 2, recomputedLayers: 1))
        }
    }

    /// Packing takes some arrays, which may grow by doubling, not one a token, run or example.
    @Test func packingTakesFewArrays() throws {
        let step = try Step(Checkout.base, Variant())
        let counter = AllocationCounter(pool: step.pool)
        for count in [8, 64, 512] {
            let examples = AllocationTests.examples(count, seed: 3)
            let found = counter.count { _ = PackedBatch(examples) }
            #expect(found > 0, "something is counted")
            #expect(found < 100, "\(count) examples")
        }
    }

    private func expectNone(_ model: String, _ variant: Variant) throws {
        let step = try Step(model, variant)
        let large = step.packed(count: 6, seed: 1), small = step.packed(count: 2, seed: 2)
        #expect(large.count > 1, "several micro-batches")
        step.take(large)
        step.take(small)
        let found = AllocationCounter(pool: step.pool).count {
            step.take(small)
            step.take(large)
            step.take(small)
        }
        #expect(found == 0)
    }

    /// Examples with common beginnings, half of their places with a teacher's view.
    static func examples(_ count: Int, seed: UInt64) -> [TrainingExample] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { number in
            let tokens = (0..<Int.random(in: 20...40, using: &generator)).map { place in
                Int32(place < 9 ? place + 3 + number % 2 : Int.random(in: 3..<200, using: &generator))
            }
            let taught = tokens.indices.filter { $0 > 9 && $0 % 2 == 0 }.map {
                ($0, TokenDistribution(tokens: [5, tokens[$0]], logProbabilities: [-1, -2]))
            }
            return TrainingExample(
                tokens: tokens, weights: tokens.indices.map { $0 % 3 == 0 ? 1 : 0.5 },
                teacher: Dictionary(taught) { first, _ in first })
        }
    }

    /// A run of steps, as `TrainingRun` takes them.
    private struct Step {
        enum Packed {
            case examples([PackedBatch])
            case pairs([PackedPairs])

            var count: Int {
                switch self {
                case .examples(let batches): batches.count
                case .pairs(let batches): batches.count
                }
            }
        }

        let pool: ThreadPool
        let gradients: GradientStep
        let optimizer: AdamW
        let variant: Variant

        init(_ model: String, _ variant: Variant) throws {
            let checkpoint = try Checkpoint(path: model)
            pool = ThreadPool(threads: variant.threads)
            self.variant = variant
            let weights = variant.trainsAll ? try TrainableWeights(checkpoint) : nil
            var generator = SplitMix64(seed: 5)
            let adapter =
                variant.trainsAll
                ? nil
                : try TrainableAdapter(
                    architecture: checkpoint.architecture, rank: 4, alpha: 8, generator: &generator)
            let parameters = try #require(adapter?.parameters ?? weights?.parameters)
            gradients = GradientStep(
                decoder: try TrainableDecoder(checkpoint, weights: weights), adapter: adapter, parameters: parameters,
                tokenLimit: 160, recomputedLayers: variant.recomputedLayers, objective: variant.objective,
                precision: variant.precision, pool: pool)
            optimizer = AdamW(parameters)
        }

        func packed(count: Int, seed: UInt64) -> Packed {
            let examples = AllocationTests.examples(count * 2, seed: seed)
            guard variant.isOfPreferences else { return .examples(gradients.pack(examples)) }
            return .pairs(
                gradients.pack(
                    (0..<count).map {
                        PreferencePair(
                            chosen: examples[2 * $0], rejected: examples[2 * $0 + 1],
                            reference: .init(chosen: -20, rejected: -21))
                    }))
        }

        func take(_ packed: Packed) {
            if variant.dropout > 0 { gradients.dropout = (variant.dropout, UInt64(optimizer.step)) }
            switch packed {
            case .examples(let batches): _ = gradients.gradients(of: batches)
            case .pairs(let batches): _ = gradients.gradients(of: batches)
            }
            optimizer.update(learningRate: 1e-3, gradientNorm: optimizer.gradientNorm)
        }
    }
}
