import Architectures
import Autograd
import Checkpoints
import Randomness
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// Packing changes nothing but the work.
@Suite(.ownThreads) struct PackedBatchTests {
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
        var generator = SplitMix64(seed: seed)
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
    @Test(.needsFixtures, arguments: 0..<3)
    func gradientsEqualThoseOfTheExamplesOneByOne(seed: UInt64) throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("models/qwen2.gguf"))
        var generator = SplitMix64(seed: seed &+ 100)
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

/// The same with pairs and with a teacher: what shares nothing gives the same gradient.
@Suite(.needsFixtures, .ownThreads) struct UnsharedExpansionTests {
    private struct Model {
        let decoder: TrainableDecoder
        let adapter: TrainableAdapter

        init(_ generator: inout some RandomNumberGenerator) throws {
            let checkpoint = try Checkpoint(path: Fixtures.path("models/llama.gguf"))
            adapter = try TrainableAdapter(
                architecture: checkpoint.architecture, rank: 3, alpha: 8, generator: &generator)
            for i in 0..<adapter.parameters.count {
                adapter.parameters.values[i] += Float.random(in: -0.05...0.05, using: &generator)
            }
            decoder = try TrainableDecoder(checkpoint)
        }

        /// Relative distance of the gradients of a step in one piece from those of a step token limit 1 makes.
        func distance(_ objective: TrainingObjective, _ body: (GradientStep) -> StepLoss) -> (Double, Double) {
            let results = [4096, 1].map { limit -> (StepLoss, [Float]) in
                let loss = body(
                    GradientStep(decoder: decoder, adapter: adapter, tokenLimit: limit, objective: objective))
                return (loss, (0..<adapter.parameters.count).map { adapter.parameters.gradients[$0] })
            }
            var difference = 0.0, total = 0.0
            for (a, b) in zip(results[0].1, results[1].1) {
                difference += Double(a - b) * Double(a - b)
                total += Double(b) * Double(b)
            }
            return (
                (difference / total).squareRoot(), abs(results[0].0.mean - results[1].0.mean) / results[1].0.mean
            )
        }
    }

    private func tokens(_ count: ClosedRange<Int>, _ generator: inout some RandomNumberGenerator) -> [Int32] {
        (0..<Int.random(in: count, using: &generator)).map { _ in Int32.random(in: 3..<500, using: &generator) }
    }

    /// Multi-turn conversations of which every answer counts, some with a teacher's view of some tokens.
    @Test(arguments: 0..<3) func ofConversationsWithATeacher(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 7)
        let model = try Model(&generator)
        let instructions = tokens(20...30, &generator)
        var examples: [TrainingExample] = []
        for _ in 0..<4 {
            var conversation = instructions
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                conversation += tokens(2...6, &generator)
                let answer = tokens(1...5, &generator)
                let weight = Float([1, 0.25, 2].randomElement(using: &generator) ?? 1)
                var example = TrainingExample(
                    tokens: conversation + answer,
                    weights: [Float](repeating: 0, count: conversation.count)
                        + [Float](repeating: weight, count: answer.count))
                for index in answer.indices where Bool.random(using: &generator) {
                    example.teacher[conversation.count + index] = TokenDistribution(
                        tokens: [answer[index], 1, 2], logProbabilities: [-0.5, -2, -3])
                }
                examples.append(example)
                conversation += answer
            }
        }
        let (gradient, loss) = model.distance(TrainingObjective(distillationWeight: 0.4, temperature: 1.5)) {
            $0.gradients(of: examples)
        }
        #expect(gradient < 1e-5)
        #expect(loss < 1e-5)
    }

    /// What dropout leaves out of a beginning is the same for all that share it.
    @Test func withDropout() throws {
        var generator = SplitMix64(seed: 5)
        let model = try Model(&generator)
        let examples = PackedBatchTests.examples(&generator).filter { $0.totalWeight > 0 }
        func gradients(_ limit: Int, rate: Float, seed: UInt64, recomputedLayers: Int = 0, threads: Int = 2) -> [Float]
        {
            let step = GradientStep(
                decoder: model.decoder, adapter: model.adapter, tokenLimit: limit,
                recomputedLayers: recomputedLayers, pool: ThreadPool(threads: threads))
            step.dropout = (rate, seed)
            _ = step.gradients(of: examples)
            return (0..<model.adapter.parameters.count).map { model.adapter.parameters.gradients[$0] }
        }
        func distance(_ a: [Float], _ b: [Float]) -> Double {
            let difference = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
            return (difference / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
        }
        let whole = gradients(4096, rate: 0.3, seed: 1)
        #expect(distance(gradients(1, rate: 0.3, seed: 1), whole) < 1e-5)
        #expect(gradients(4096, rate: 0.3, seed: 1, recomputedLayers: 2, threads: 3) == whole)
        #expect(distance(gradients(4096, rate: 0.3, seed: 2), whole) > 0.05)
        #expect(distance(gradients(4096, rate: 0, seed: 1), gradients(4096, rate: 0.3, seed: 1)) > 0.05)
    }

    @Test(arguments: 0..<3) func ofPairs(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 77)
        let model = try Model(&generator)
        let instructions = tokens(20...30, &generator)
        let pairs = (0..<5).map { _ -> PreferencePair in
            let prompt = instructions + tokens(1...6, &generator)
            let start = Bool.random(using: &generator) ? tokens(2...5, &generator) : []
            let answers = (0..<2).map { _ -> TrainingExample in
                let answer = start + tokens(1...5, &generator)
                return TrainingExample(
                    tokens: prompt + answer,
                    weights: [Float](repeating: 0, count: prompt.count) + [Float](repeating: 1, count: answer.count))
            }
            return PreferencePair(
                chosen: answers[0], rejected: answers[1],
                reference: .init(
                    chosen: Double.random(in: -30 ... -10, using: &generator),
                    rejected: Double.random(in: -30 ... -10, using: &generator)))
        }
        let objective = TrainingObjective(beta: 0.3, labelSmoothing: 0.1, supervisedWeight: 0.5)
        let (gradient, loss) = model.distance(objective) { $0.gradients(of: pairs) }
        #expect(gradient < 1e-5)
        #expect(loss < 1e-5)
        let step = GradientStep(decoder: model.decoder, adapter: model.adapter, objective: objective)
        let recorded = step.gradients(of: pairs), without = step.loss(of: pairs)
        #expect(recorded.mean == without.mean)
        #expect(recorded.rewards == without.rewards)
    }
}
