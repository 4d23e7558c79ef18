import Autograd
import Checkpoints
import Tensors
import Testing
import Training
import Transformers

/// Packing changes nothing but the work.
@Suite struct PackedBatchTests {
    /// Examples that share beginnings of many lengths, are prefixes of one another, or are equal.
    static func examples(_ generator: inout some RandomNumberGenerator) -> [TrainingExample] {
        var examples: [TrainingExample] = []
        for _ in 0..<12 {
            var tokens: [Int32] = []
            if let other = examples.randomElement(using: &generator), Int.random(in: 0..<4, using: &generator) > 0 {
                tokens += other.tokens.prefix(Int.random(in: 0...other.tokens.count, using: &generator))
            }
            if tokens.isEmpty || Int.random(in: 0..<5, using: &generator) > 0 {
                tokens += (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                    Int32.random(in: 3..<9, using: &generator)
                }
            }
            let weights = tokens.map { _ in Float([0, 0, 1, 0.5].randomElement(using: &generator) ?? 0) }
            examples.append(TrainingExample(tokens: tokens, weights: weights))
        }
        return examples
    }

    @Test(arguments: 0..<40) func everyTokenIsPredictedFromItsOwnPath(seed: UInt64) {
        var generator = Numbers(state: seed)
        let examples = PackedBatchTests.examples(&generator)
        let packed = PackedBatch(examples)
        let tree = packed.batch.tree
        var paths: [Int: [Int32]] = [:]  // the tokens up to and with each token of the tree
        for run in tree.runs {
            let before = run.parent.map { paths[tree.runs[$0].tokens.upperBound - 1] ?? [] } ?? []
            for token in run.tokens { paths[token] = before + packed.batch.tokens[run.start...token] }
        }
        var found: [[Int: Float]] = examples.map { _ in [:] }
        for (index, target) in packed.targets.enumerated() {
            let path = paths[Int(packed.rows[target.row])] ?? []
            let example = examples[packed.exampleOfTarget[index]]
            #expect(Array(example.tokens.prefix(path.count)) == path)
            #expect(example.tokens[path.count] == target.token)
            found[packed.exampleOfTarget[index]][path.count] = target.weight
        }
        for (example, found) in zip(examples, found) {
            let expected = example.weights.indices.filter { example.weights[$0] != 0 }
            #expect(found == Dictionary(uniqueKeysWithValues: expected.map { ($0, example.weights[$0]) }))
        }
        #expect(tree.tokenCount <= packed.exampleTokenCount)
    }

    @Test func aSharedPromptIsComputedOnce() {
        let prompt = (0..<50).map { Int32($0) }
        let examples = (0..<8).map { number in
            TrainingExample(
                tokens: prompt + [60 + Int32(number), 2], weights: [Float](repeating: 0, count: 50) + [1, 1])
        }
        let packed = PackedBatch(examples)
        #expect(packed.batch.tokens.count == 50 + 8 * 2)
        // One row of the prompt predicts all eight first tokens.
        #expect(packed.rows.count == 1 + 8)
        #expect(packed.targets.count == 16)
    }

    @Test func stepsAreSplitByTheTokensThatAreComputed() {
        let prompt = (0..<90).map { Int32($0) }
        let examples = (0..<8).map { number in
            TrainingExample(
                tokens: prompt + [Int32](repeating: 100 + Int32(number), count: 5),
                weights: Array(repeating: 1, count: 95))
        }
        #expect(PackedBatch.split(examples, tokenLimit: 110).map(\.count) == [4, 4])
        #expect(PackedBatch.split(examples, tokenLimit: 10).map(\.count) == Array(repeating: 1, count: 8))
        #expect(PackedBatch.split(examples, tokenLimit: 4096).map(\.count) == [8])
    }

    /// Random trees against their unshared expansion: the loss and every gradient.
    @Test(.enabled(if: Fixtures.areThere, "needs shared/fixtures beside the checkout"), arguments: 0..<3)
    func gradientsEqualThoseOfTheExamplesOneByOne(seed: UInt64) throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/qwen2.gguf"))
        var generator = Numbers(state: seed &+ 100)
        let examples = PackedBatchTests.examples(&generator)
        let adapter = try TrainableAdapter(
            architecture: checkpoint.architecture, rank: 4, alpha: 8, generator: &generator)
        for i in 0..<adapter.parameters.count {
            adapter.parameters.values[i] += Float.random(in: -0.05...0.05, using: &generator)
        }
        let decoder = try TrainableDecoder(checkpoint)
        func gradients(tokenLimit: Int) -> (StepLoss, [Float]) {
            let step = GradientStep(decoder: decoder, adapter: adapter, tokenLimit: tokenLimit)
            let loss = step.gradients(of: examples)
            return (loss, (0..<adapter.parameters.count).map { adapter.parameters.gradients[$0] })
        }
        let (packed, ours) = gradients(tokenLimit: 4096)
        let (single, expected) = gradients(tokenLimit: 1)
        #expect(packed.computedTokens < single.computedTokens)
        #expect(abs(packed.mean - single.mean) < 1e-5 * single.mean)
        var difference = 0.0, total = 0.0
        for (a, b) in zip(ours, expected) {
            difference += Double(a - b) * Double(a - b)
            total += Double(b) * Double(b)
        }
        #expect((difference / total).squareRoot() < 1e-5)
    }
}

/// SplitMix64.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
