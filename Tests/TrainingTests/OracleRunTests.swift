import Adapters
import Architectures
import Autograd
import Checkpoints
import Foundation
import JSON
import Randomness
import Testing
import TestSupport
import Training
import Transformers

/// LoRA's variants against runs recorded from PEFT by `Oracles/make_runs.py`: every loss and every gradient norm.
@Suite(.needsFixtures, .ownThreads) struct OracleRunTests {
    @Test(arguments: ["patterns", "rslora", "lora-plus"]) func variantsOfLowRankAdaptationEqualThoseOfPEFT(
        name: String
    ) throws {
        let oracle = try Oracle(name)
        let recipe = try AdapterRecipe(text: try #require(oracle.run["recipe"]).serialized(), path: name)
        var generator = SplitMix64(seed: 0)
        let adapter = TrainableAdapter(
            try recipe.updates(of: oracle.checkpoint.architecture.updatableMatrices), alpha: recipe.alpha,
            generator: &generator)
        oracle.setFirstWeights(adapter, layerCount: oracle.checkpoint.architecture.layerCount)
        let optimizer = AdamW(adapter.parameters) { entry in
            AdamW.Group(rateFactor: entry.name.hasSuffix(".lora_b") ? recipe.loraPlusRatio : 1)
        }
        let step = GradientStep(decoder: try TrainableDecoder(oracle.checkpoint), adapter: adapter)
        try oracle.expectRun(optimizer) { step.gradients(of: $0) }
    }

    /// A teacher's likeliest tokens at several temperatures, mixed with cross-entropy, over several turns that share
    /// their beginnings, with places that have none: recorded by `Oracles/make_distillation.py`.
    @Test(arguments: ["alone", "mixed", "sharpened"]) func distillationEqualsItsDefinitionInPyTorch(
        name: String
    ) throws {
        let oracle = try Oracle(name, file: "distillation.json")
        let recipe = try AdapterRecipe(text: try #require(oracle.run["recipe"]).serialized(), path: name)
        var generator = SplitMix64(seed: 0)
        let adapter = TrainableAdapter(
            try recipe.updates(of: oracle.checkpoint.architecture.updatableMatrices), alpha: recipe.alpha,
            generator: &generator)
        oracle.setFirstWeights(adapter, layerCount: oracle.checkpoint.architecture.layerCount)
        let objective = TrainingObjective(
            distillationWeight: Float(try #require(oracle.run["distillation_weight"]?.doubleValue)),
            temperature: Float(try #require(oracle.run["temperature"]?.doubleValue)))
        let step = GradientStep(
            decoder: try TrainableDecoder(oracle.checkpoint), adapter: adapter, objective: objective)
        try oracle.expectRun(AdamW(adapter.parameters) { _ in AdamW.Group() }) { step.gradients(of: $0) }
    }

    /// All weights, against AdamW of PyTorch over the models of transformers.
    @Test(arguments: ["llama", "qwen2", "qwen3", "gemma2"]) func fullTrainingEqualsThatOfTransformers(
        model: String
    ) throws {
        let oracle = try Oracle("full-\(model)")
        let weights = try TrainableWeights(oracle.checkpoint)
        let optimizer = AdamW(weights.parameters) { AdamW.Group(decays: $0.rows > 1) }
        let step = GradientStep(
            decoder: try TrainableDecoder(oracle.checkpoint, weights: weights), adapter: nil,
            parameters: weights.parameters)
        try oracle.expectRun(optimizer) { step.gradients(of: $0) }
    }
}

/// A recorded run: what it began with, and what it found.
struct Oracle {
    let name: String
    let run: JSONValue
    let checkpoint: Checkpoint
    private let schedule: LearningRateSchedule
    private let batches: [[TrainingExample]]

    /// - Parameter file: a file without batches of its own has them from the fixture that a run names.
    init(_ name: String, file: String = "runs.json") throws {
        self.name = name
        let path = Checkout.path("Tests/TrainingTests/Oracles/\(file)")
        let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: path)))
        run = try #require(json["runs"]?.arrayValue?.first { $0["name"]?.stringValue == name })
        checkpoint = try Checkpoint(path: Fixtures.path("models/\(run["model"]?.stringValue ?? "").gguf"))
        schedule = LearningRateSchedule(
            peak: json["rate"]?.doubleValue ?? 0, warmupSteps: json["warmup"]?.integerValue ?? 0,
            totalSteps: json["steps"]?.integerValue ?? 0, floor: json["floor"]?.doubleValue ?? 0)
        if let own = json["batches"]?.arrayValue {
            batches = own.map { ($0.arrayValue ?? []).map(\.weightedExample) }
        } else {
            let trace = try Fixtures.json("lora/\(run["trace"]?.stringValue ?? "")/trace.json")
            batches = (trace["batches"]?.arrayValue ?? []).map { ($0["examples"]?.arrayValue ?? []).map(\.example) }
        }
    }

    /// The script's formula: a stream for each factor, by layer, role and whether it is A or B.
    func setFirstWeights(_ adapter: TrainableAdapter, layerCount: Int) {
        let roles = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
        for entry in adapter.parameters.entries {
            let parts = entry.name.split(separator: ".").map(String.init)
            let isA = parts.last == "lora_a"
            let role = roles.firstIndex(of: parts[2]) ?? 0
            let stream = ((Int(parts[1]) ?? 0) * roles.count + role) * 2 + (isA ? 0 : 1)
            let scale = isA ? 1 / Double(entry.columns).squareRoot() : 0.02
            let values = adapter.parameters.value(entry)
            for i in 0..<entry.count { values[i] = Float(Oracle.number(stream, i) * scale) }
        }
    }

    /// Murmur3's finalizer over a counter, as a number in -1 ..< 1.
    private static func number(_ stream: Int, _ index: Int) -> Double {
        var h = UInt32(truncatingIfNeeded: stream &* 1_000_003) &+ UInt32(index)
        h ^= h >> 16
        h = h &* 0x85EB_CA6B
        h ^= h >> 13
        h = h &* 0xC2B2_AE35
        h ^= h >> 16
        return Double(h) / 2_147_483_648 - 1
    }

    /// Takes the run's steps and compares losses and gradient norms.
    func expectRun(_ optimizer: AdamW, tolerance: Double = 1e-4, _ gradients: ([TrainingExample]) -> StepLoss) throws {
        let losses = (run["losses"]?.arrayValue ?? []).compactMap(\.doubleValue)
        let norms = (run["norms"]?.arrayValue ?? []).compactMap(\.doubleValue)
        try #require(losses.count == schedule.totalSteps && norms.count == losses.count)
        for step in 1...losses.count {
            let loss = gradients(batches[(step - 1) % batches.count]).mean
            #expect(
                abs(loss - losses[step - 1]) < tolerance * max(1, losses[step - 1]),
                "\(name): loss of step \(step): \(loss)")
            let norm = optimizer.gradientNorm
            #expect(
                abs(norm / norms[step - 1] - 1) < 10 * tolerance, "\(name): norm of step \(step): \(norm)")
            optimizer.update(learningRate: schedule.rate(step: step), gradientNorm: norm)
        }
    }
}
