import Foundation
public import JSON
public import Transformers

/// What a run will take, known before its first step.
public struct RunPlan: Sendable {
    /// Steps of the run, and those still to do.
    public var totalSteps: Int
    public var stepsLeft: Int
    /// The most tokens in a micro-batch, as the recipe then says.
    public var tokensPerMicroBatch: Int
    public var microBatches: Int
    /// Of the largest micro-batch.
    public var largest: PassSize
    public var recomputedLayers: Int
    public var layerCount: Int
    /// Tokens that the steps will compute, shared ones once.
    public var computedTokens: Int
    public var memory: Memory
    /// What ``TrainingRun/run(until:shouldStop:onEvent:)`` takes for what is still to do, if it does not stop early: from
    /// its first step, or what that needs, to the last snapshot, at the speed that the machine had in the warm-up.
    /// nil before ``TrainingRun/warmUp(_:use:)``.
    public var time: ProcessTime?

    /// Where the memory goes, bytes.
    public struct Memory: Sendable, Hashable {
        /// The pages of the base's file.
        public var base: Int
        /// Trained numbers with gradients, moments and the best state.
        public var parameters: Int
        /// Values, gradients and working memory of the largest pass.
        public var pass: Int
        /// Program, data, scratch memory of threads.
        public var other: Int
        /// The most that will be resident: the sum of the parts, or what the warm-up showed.
        public var peak: Int
    }

    /// For people, one line each.
    public var lines: [String] {
        var lines = [
            "memory: \(RunPlan.bytes(memory.peak)) (base \(RunPlan.bytes(memory.base)), parameters and optimizer "
                + "\(RunPlan.bytes(memory.parameters)), a pass \(RunPlan.bytes(memory.pass)), the rest "
                + "\(RunPlan.bytes(memory.other)))",
            "work: \(stepsLeft) of \(totalSteps) steps in \(microBatches) micro-batches of up to \(largest.tokens) "
                + "tokens (tokens_per_micro_batch \(tokensPerMicroBatch)); \(recomputedLayers) of \(layerCount) layers "
                + "recomputed",
        ]
        if let time {
            lines.append("time: \(RunPlan.time(time.seconds)), \(RunPlan.time(time.cpuSeconds)) of the processors")
        }
        return lines
    }

    /// How much longer the run takes, seconds.
    ///
    /// What was taken so far beside what was planned for it corrects the plan; the first twentieth hardly.
    ///
    /// - Parameters:
    ///   - tokens: computed so far.
    ///   - elapsed: seconds so far.
    public func secondsLeft(tokens: Int, elapsed: Double) -> Double {
        let done = min(1, Double(tokens) / Double(max(1, computedTokens)))
        guard let planned = time?.seconds else { return done > 0 ? elapsed / done - elapsed : 0 }
        let grace = planned / 20
        return planned * (1 - done) * (elapsed + grace) / (planned * done + grace)
    }

    public var json: JSONValue {
        .object(
            JSONObject([
                (key: "total_steps", value: .integer(totalSteps)), (key: "steps_left", value: .integer(stepsLeft)),
                (key: "tokens_per_micro_batch", value: .integer(tokensPerMicroBatch)),
                (key: "micro_batches", value: .integer(microBatches)),
                (key: "largest_micro_batch_tokens", value: .integer(largest.tokens)),
                (key: "recomputed_layers", value: .integer(recomputedLayers)),
                (key: "layers", value: .integer(layerCount)),
                (key: "computed_tokens", value: .integer(computedTokens)),
                (
                    key: "memory_bytes",
                    value: [
                        "peak": .integer(memory.peak), "base": .integer(memory.base),
                        "parameters": .integer(memory.parameters), "pass": .integer(memory.pass),
                        "other": .integer(memory.other),
                    ]
                ),
                (key: "seconds", value: time.map { .number($0.seconds) } ?? .null),
                (key: "cpu_seconds", value: time.map { .number($0.cpuSeconds) } ?? .null),
            ]))
    }

    /// Checks the time against a deadline.
    ///
    /// - Parameter secondsLeft: until the deadline.
    /// - Returns: why it cannot be met, and what would fit; nil where it can.
    public func refusal(secondsLeft: Double, epochs: Int) -> String? {
        guard let seconds = time?.seconds, seconds > secondsLeft else { return nil }
        let perEpoch = seconds / Double(max(1, stepsLeft)) * Double(totalSteps) / Double(max(1, epochs))
        let fitting = Int(secondsLeft / perEpoch)
        let what =
            fitting > 0 && fitting < epochs
            ? "epochs: \(fitting) would fit" : "not even one epoch (\(RunPlan.time(perEpoch))) would fit"
        return
            "deadline: the run takes \(RunPlan.time(seconds)), expected at most \(RunPlan.time(secondsLeft)); \(what)"
    }

    static func bytes(_ count: Int) -> String {
        count >= 1_000_000_000
            ? String(format: "%.2f GB", Double(count) / 1e9) : String(format: "%.0f MB", Double(count) / 1e6)
    }

    /// Rounded to what matters: `2 h 05 min`, `3 min 20 s`, `4.2 s`.
    public static func time(_ seconds: Double) -> String {
        if seconds < 60 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        return whole < 3600
            ? String(format: "%d min %02d s", whole / 60, whole % 60)
            : String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
    }
}
