import Adapters
import Architectures
import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers

@Suite(.needsFixtures)
struct LabelTests {
    /// Labels that share beginnings, that begin another one, of one token, and one that is there twice.
    static let labels: [[TokenID]] = [
        [5, 6, 7, 2], [5, 6, 8, 2], [5, 9, 2], [5, 6, 2], [2], [10, 11, 12, 13, 14, 2], [5, 6, 7, 2], [5, 6, 7, 30, 2],
    ]

    /// Each label's log-probability from logits over prompt and label in a sequence of their own.
    static func oneByOne(_ engine: InferenceEngine, _ prompt: [TokenID], _ adapter: LoadedAdapter?) throws -> [Double] {
        let vocabulary = engine.checkpoint.architecture.vocabularySize
        return try labels.map { label in
            let logits = try engine.logits(prompt + label.dropLast(), adapter: adapter)
            return label.enumerated().reduce(0) { sum, step in
                let row = (prompt.count - 1 + step.offset) * vocabulary
                let line = logits[row..<row + vocabulary].map(Double.init)
                let top = line.max() ?? 0
                let normalizer = top + log(line.reduce(0) { $0 + exp($1 - top) })
                return sum + line[Int(step.element)] - normalizer
            }
        }
    }

    @Test(arguments: ["llama", "qwen2", "gemma2", "gemma3", "phi3"])
    func scoresAreThoseOfEachLabelAlone(_ name: String) throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model(name)))
        for prompt in try Fixtures.recording("logits/\(name).json").prompts {
            let expected = try LabelTests.oneByOne(engine, prompt.ids, nil)
            // The second time, the prompt comes out of the prefix cache.
            for _ in 0..<2 {
                let scores = try engine.scoreLabels(prompt: prompt.ids, labels: LabelTests.labels)
                for (score, expected) in zip(scores, expected) { #expect(abs(score - expected) < 1e-4) }
            }
        }
    }

    @Test func aPrefixIsSharedAndKeptApartByAdapter() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        let path = Fixtures.path("lora/adapter-llama/adapter.gguf")
        let adapter = try engine.load(LowRankAdapter(path: path))
        let half = try engine.load(LowRankAdapter(path: path), scale: 0.5)
        let instructions = (0..<60).map { TokenID(3 + $0 * 7 % 500) }
        for round in 0..<3 {
            for tail in 0..<4 {
                let prompt = instructions + (0...tail).map { TokenID(100 + 13 * $0 + round * tail) }
                for choice in [nil, adapter, half] {
                    let expected = try LabelTests.oneByOne(engine, prompt, choice)
                    let scores = try engine.scoreLabels(prompt: prompt, labels: LabelTests.labels, adapter: choice)
                    for (score, expected) in zip(scores, expected) { #expect(abs(score - expected) < 1e-4) }
                }
            }
        }
        let known = try engine.generate(
            prompt: instructions + [400, 401], options: GenerationOptions(maximumTokens: 1))
        #expect(known.cachedTokenCount == instructions.count + 2 - InferenceEngine.leastRows)
    }

    @Test func aSmallCacheForgetsAndStaysRight() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        let engine = try InferenceEngine(checkpoint: checkpoint, prefixBytes: 2 * 4 * 128 * 2 * 40)
        for seed in 0..<30 {
            let prompt = (0..<(10 + seed % 20)).map { TokenID((seed / 5 * 31 + $0 * 17) % 512) }
            let expected = try LabelTests.oneByOne(engine, prompt, nil)
            let scores = try engine.scoreLabels(prompt: prompt, labels: LabelTests.labels)
            for (score, expected) in zip(scores, expected) { #expect(abs(score - expected) < 1e-4) }
        }
    }

    @Test func aLongPromptIsScoredInChunks() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        let prompt = (0..<500).map { TokenID($0 * 37 % 512) }
        let expected = try LabelTests.oneByOne(engine, prompt, nil)
        let scores = try engine.scoreLabels(prompt: prompt, labels: LabelTests.labels)
        for (score, expected) in zip(scores, expected) { #expect(abs(score - expected) < 1e-4) }
    }

    @Test func badLabelsAreErrors() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        #expect(throws: InferenceError("prompt: no tokens, expected at least one")) {
            try engine.scoreLabels(prompt: [], labels: [[1]])
        }
        #expect(throws: InferenceError("labels: none, expected at least one")) {
            try engine.scoreLabels(prompt: [1], labels: [])
        }
        #expect(throws: InferenceError("label 1: no tokens, expected at least one")) {
            try engine.scoreLabels(prompt: [1], labels: [[1], []])
        }
        #expect(throws: InferenceError("token 0: id 512, expected 0 to 511")) {
            try engine.scoreLabels(prompt: [1], labels: [[512]])
        }
        #expect(throws: InferenceError.self) {
            try engine.scoreLabels(prompt: [TokenID](repeating: 1, count: 512), labels: [[1]])
        }
    }
}
