/// How text is generated. The default is greedy: the likeliest token each time.
public struct GenerationOptions: Sendable, Hashable {
    /// The most tokens to generate.
    public var maximumTokens: Int
    /// Divides logits; 0 takes the likeliest token.
    public var temperature: Double
    /// Samples among the likeliest tokens that together have this probability.
    public var topP: Double
    /// Samples among so many of the likeliest tokens; 0 for all.
    public var topK: Int
    /// Samples among tokens at least this many times as probable as the likeliest.
    public var minP: Double
    /// Divides the positive, multiplies the negative logits of tokens of the prompt and the answer; 1 for none.
    public var repetitionPenalty: Double
    /// Subtracted from the logits of tokens that the answer has already.
    public var presencePenalty: Double
    /// Subtracted once for each time that the answer has a token already.
    public var frequencyPenalty: Double
    /// Added to the logits of single tokens.
    public var bias: [Int32: Double]
    public var seed: UInt64
    /// Texts that end the answer; they do not become part of it.
    public var stop: [String]
    /// How many of the likeliest tokens to name with each token of the answer; nil reports no likelihoods.
    public var topLogprobs: Int?

    public init(
        maximumTokens: Int = 256, temperature: Double = 0, topP: Double = 1, topK: Int = 0, minP: Double = 0,
        repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
        bias: [Int32: Double] = [:], seed: UInt64 = 0, stop: [String] = [], topLogprobs: Int? = nil
    ) {
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.bias = bias
        self.seed = seed
        self.stop = stop
        self.topLogprobs = topLogprobs
    }

    /// Throws ``InferenceError`` with every option that is out of its range.
    public func validate() throws {
        var problems: [String] = []
        func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) {
            if !range.contains(value) {
                problems.append("\(name): \(value), expected from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        if maximumTokens < 1 { problems.append("maximum tokens: \(maximumTokens), expected at least 1") }
        if let topLogprobs, topLogprobs < 0 {
            problems.append("top logprobs: \(topLogprobs), expected from 0 on")
        }
        if topK < 0 { problems.append("top k: \(topK), expected from 0 on") }
        check("temperature", temperature, 0...100)
        check("top p", topP, 0...1)
        check("min p", minP, 0...1)
        check("repetition penalty", repetitionPenalty, 1e-3...1e3)
        check("presence penalty", presencePenalty, -100...100)
        check("frequency penalty", frequencyPenalty, -100...100)
        if stop.contains("") { problems.append("stop: an empty text, expected texts of at least one character") }
        if !problems.isEmpty { throw InferenceError(problems.joined(separator: "\n")) }
    }
}
