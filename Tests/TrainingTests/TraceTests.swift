import Architectures
import Autograd
import Checkpoints
import JSON
import Testing
import TestSupport
import Training
import Transformers

/// Whole training runs against those recorded from PEFT: losses, norms, first gradients, final weights.
@Suite(.needsFixtures, .ownThreads) struct TraceTests {
    @Test(arguments: ["trace-sft-llama", "trace-sft-qwen2", "trace-sft-prefix", "trace-sft-accum2"])
    func supervisedRunEqualsThatOfPEFT(name: String) throws {
        let trace = try Trace(name)
        let step = trace.makeStep(tokenLimit: name == "trace-sft-llama" ? 100 : 4096)
        for number in 1...trace.steps.count {
            let recorded = trace.steps[number - 1]
            let loss = step.gradients(
                of: trace.batches(of: number).flatMap { $0["examples"]?.arrayValue ?? [] }.map(\.example))
            trace.expectClose(loss.mean, recorded["loss"], relative: 1e-4, "loss of step \(number)")
            if number == 1 { try trace.expectFirstGradients() }
            trace.apply(number)
        }
        try trace.expectFinalWeights()
    }

    @Test func distillationRunEqualsThatOfPEFT() throws {
        let trace = try Trace("trace-kd-qwen2")
        let step = trace.makeStep(objective: TrainingObjective(distillationWeight: 1))
        for number in 1...trace.steps.count {
            let examples = trace.batches(of: number).flatMap { $0["examples"]?.arrayValue ?? [] }.map(\.example)
            #expect(examples.allSatisfy { $0.teacher.count == $0.weights.count { $0 == 1 } })
            let loss = step.gradients(of: examples)
            trace.expectClose(loss.mean, trace.steps[number - 1]["loss"], relative: 1e-4, "loss of step \(number)")
            trace.expectClose(
                loss.divergence ?? .nan, trace.steps[number - 1]["loss"], relative: 1e-4, "divergence of \(number)")
            if number == 1 { try trace.expectFirstGradients() }
            trace.apply(number)
        }
        try trace.expectFinalWeights()
    }

    /// Once with all pairs of a step at once, once with a pair at a time.
    @Test(arguments: [4096, 1]) func preferenceRunEqualsThatOfPEFT(tokenLimit: Int) throws {
        let trace = try Trace("trace-dpo-llama")
        let step = trace.makeStep(tokenLimit: tokenLimit, objective: TrainingObjective(beta: 0.1))
        for number in 1...trace.steps.count {
            let recorded = trace.steps[number - 1]
            let pairs = trace.batches(of: number).flatMap { $0["pairs"]?.arrayValue ?? [] }.compactMap(\.pair)
            if number == 1 {
                // The reference is the base alone.
                let examples = pairs.flatMap { [$0.chosen, $0.rejected] }
                let expected = pairs.flatMap { [$0.reference.chosen, $0.reference.rejected] }
                for (ours, theirs) in zip(step.logProbabilities(of: examples, adapter: nil), expected) {
                    #expect(abs(ours - theirs) < 1e-5 * abs(theirs))
                }
            }
            let loss = step.gradients(of: pairs)
            trace.expectClose(loss.mean, recorded["loss"], relative: 1e-4, "loss of step \(number)")
            let rewards = try #require(loss.rewards)
            for (ours, key) in [(rewards.chosen, "reward_chosen"), (rewards.rejected, "reward_rejected")] {
                let theirs = (recorded[key]?.arrayValue ?? []).compactMap(\.doubleValue)
                #expect(abs(ours - theirs.reduce(0, +) / Double(theirs.count)) < 1e-4, "\(key) of step \(number)")
            }
            if number == 1 { try trace.expectFirstGradients() }
            trace.apply(number)
        }
        try trace.expectFinalWeights()
    }
}

/// A recorded run, and ours beside it.
final class Trace {
    let name: String
    let json: JSONValue
    let decoder: TrainableDecoder
    let adapter: TrainableAdapter
    let optimizer: AdamW
    let schedule: LearningRateSchedule

    var steps: [JSONValue] { json["steps"]?.arrayValue ?? [] }

    init(_ name: String) throws {
        self.name = name
        json = try Fixtures.json("lora/\(name)/trace.json")
        let checkpoint = try Checkpoint(path: Fixtures.path(json["model"]?.stringValue ?? ""))
        decoder = try TrainableDecoder(checkpoint)
        let short = ["q_proj": "attn_q", "v_proj": "attn_v"]
        let targets = json["lora"]?["targets"]?.arrayValue?.compactMap { $0.stringValue.flatMap { short[$0] } }
        var generator = SystemRandomNumberGenerator()
        adapter = try TrainableAdapter(
            architecture: checkpoint.architecture, rank: json["lora"]?["r"]?.integerValue ?? 0,
            alpha: Float(json["lora"]?["alpha"]?.doubleValue ?? 0), targets: targets, generator: &generator)
        let initial = try Safetensors("lora/\(name)/init.gguf-layout.safetensors").tensors
        #expect(Set(initial.keys) == Set(adapter.parameters.entries.map(\.name)))
        for entry in adapter.parameters.entries {
            adapter.parameters.value(entry).update(from: initial[entry.name] ?? [], count: entry.count)
        }
        optimizer = AdamW(adapter.parameters)
        schedule = LearningRateSchedule(peak: 1e-3, warmupSteps: 3, totalSteps: 20, floor: 0.1)
    }

    func makeStep(tokenLimit: Int = 4096, objective: TrainingObjective = TrainingObjective()) -> GradientStep {
        GradientStep(decoder: decoder, adapter: adapter, tokenLimit: tokenLimit, objective: objective)
    }

    /// The recorded micro-batches of a step.
    func batches(of step: Int) -> [JSONValue] {
        let all = json["batches"]?.arrayValue ?? []
        return (steps[step - 1]["batches"]?.integers ?? []).map { all[$0] }
    }

    func apply(_ step: Int) {
        let norm = optimizer.gradientNorm
        expectClose(norm, steps[step - 1]["grad_norm"], relative: 1e-4, "norm of step \(step)")
        let rate = schedule.rate(step: step)
        expectClose(rate, steps[step - 1]["lr"], relative: 1e-12, "rate of step \(step)")
        optimizer.update(learningRate: rate, gradientNorm: norm)
    }

    func expectFirstGradients() throws {
        let recorded = try Safetensors("lora/\(name)/grad_step1.gguf-layout.safetensors").tensors
        var difference = 0.0, total = 0.0, largest: Float = 0
        for entry in adapter.parameters.entries {
            let ours = adapter.parameters.gradient(entry)
            for (i, value) in (recorded[entry.name] ?? []).enumerated() {
                difference += Double(ours[i] - value) * Double(ours[i] - value)
                total += Double(value) * Double(value)
                largest = max(largest, abs(ours[i] - value))
            }
        }
        #expect((difference / total).squareRoot() < 1e-4)
        #expect(largest < 1e-5)
    }

    func expectFinalWeights() throws {
        let recorded = try Safetensors("lora/\(name)/final.gguf-layout.safetensors").tensors
        var largest: Float = 0, sum = 0.0
        for entry in adapter.parameters.entries {
            let ours = adapter.parameters.value(entry)
            for (i, value) in (recorded[entry.name] ?? []).enumerated() {
                largest = max(largest, abs(ours[i] - value))
                sum += Double(abs(ours[i] - value))
            }
        }
        #expect(largest < 5e-4)
        #expect(sum / Double(adapter.parameters.count) < 1e-6)
    }

    func expectClose(_ ours: Double, _ recorded: JSONValue?, relative: Double, _ what: Comment) {
        let expected = recorded?.doubleValue ?? .nan
        #expect(abs(ours - expected) <= relative * abs(expected), what)
    }
}
