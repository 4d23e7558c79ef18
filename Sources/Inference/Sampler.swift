import Foundation
package import Tokenizers

/// Chooses the next token from logits.
///
/// In this order: bias and penalties, temperature, top k, top p, min p. The same seed and the same logits give the same
/// tokens.
package struct Sampler {
    private let options: GenerationOptions
    private var random: SplitMix64
    private let prompt: Set<TokenID>
    private var counts: [TokenID: Int] = [:]

    package init(_ options: GenerationOptions, prompt: [TokenID]) {
        self.options = options
        random = SplitMix64(seed: options.seed)
        self.prompt = options.repetitionPenalty == 1 ? [] : Set(prompt)
    }

    /// Chooses a token and remembers it for the penalties.
    package mutating func next(_ logits: [Float]) -> TokenID {
        var logits = logits
        adjust(&logits)
        let token = options.temperature == 0 ? Sampler.likeliest(logits) : sample(logits)
        counts[token, default: 0] += 1
        return token
    }

    /// The first of the largest.
    static func likeliest(_ logits: [Float]) -> TokenID {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return TokenID(best)
    }

    private func adjust(_ logits: inout [Float]) {
        for (token, bias) in options.bias where logits.indices.contains(Int(token)) {
            logits[Int(token)] += Float(bias)
        }
        if options.repetitionPenalty != 1 {
            let penalty = Float(options.repetitionPenalty)
            for token in prompt.union(counts.keys) {
                let logit = logits[Int(token)]
                logits[Int(token)] = logit > 0 ? logit / penalty : logit * penalty
            }
        }
        if options.presencePenalty != 0 || options.frequencyPenalty != 0 {
            for (token, count) in counts {
                logits[Int(token)] -= Float(options.presencePenalty + Double(count) * options.frequencyPenalty)
            }
        }
    }

    private mutating func sample(_ logits: [Float]) -> TokenID {
        // Equal logits keep the order of their ids, so that a seed gives the same token everywhere.
        var candidates = logits.indices.map { (token: $0, logit: logits[$0]) }
        candidates.sort { $0.logit != $1.logit ? $0.logit > $1.logit : $0.token < $1.token }
        if options.topK > 0 { candidates = Array(candidates.prefix(options.topK)) }
        let top = candidates[0].logit
        var weights = candidates.map { exp(Double($0.logit - top) / options.temperature) }
        if options.topP < 1 {
            let limit = options.topP * weights.reduce(0, +)
            var sum = 0.0
            let needed = weights.firstIndex { weight in
                sum += weight
                return sum >= limit
            }
            weights = Array(weights.prefix((needed ?? weights.count - 1) + 1))
        }
        if options.minP > 0 { weights = Array(weights.prefix { $0 >= options.minP }) }
        var place = random.unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            place -= weight
            if place < 0 { return TokenID(candidates[index].token) }
        }
        return TokenID(candidates[weights.count - 1].token)
    }
}

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, without, 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
