import Foundation
import Randomness
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
        let top = logits[Int(Sampler.likeliest(logits))]
        let weights = logits.map { exp(Double($0 - top) / options.temperature) }
        var candidates: [(token: Int, weight: Double)]
        if options.topK == 0, options.topP == 1 {
            candidates = weights.enumerated().map { ($0.offset, $0.element) }
        } else {
            candidates = leading(weights)
            let mass = options.topK > 0 ? candidates.reduce(0) { $0 + $1.weight } : weights.reduce(0, +)
            let limit = options.topP * mass
            var sum = 0.0
            let needed = candidates.firstIndex { candidate in
                sum += candidate.weight
                return sum >= limit
            }
            if options.topP < 1, let needed { candidates = Array(candidates.prefix(needed + 1)) }
        }
        if options.minP > 0 { candidates.removeAll { $0.weight < options.minP } }
        // Nothing is left of logits that are not numbers.
        guard !candidates.isEmpty else { return Sampler.likeliest(logits) }
        var place = random.unit() * candidates.reduce(0) { $0 + $1.weight }
        for candidate in candidates {
            place -= candidate.weight
            if place < 0 { return TokenID(candidate.token) }
        }
        return TokenID(candidates[candidates.count - 1].token)
    }

    /// The likeliest tokens, first the likeliest: as many as top k says, or enough for top p and then all.
    ///
    /// Vocabularies are large and few tokens matter, so only those above a falling bound are sorted. Equal weights keep
    /// the order of their ids, so that a seed gives the same token everywhere.
    private func leading(_ weights: [Double]) -> [(token: Int, weight: Double)] {
        let count = options.topK > 0 ? min(options.topK, weights.count) : weights.count
        let total = weights.reduce(0, +)
        var bound = 1e-3
        while true {
            var found = weights.indices.filter { weights[$0] >= bound }.map { (token: $0, weight: weights[$0]) }
            let isEnough =
                found.count >= count || bound == 0
                || (options.topK == 0 && found.reduce(0) { $0 + $1.weight } > options.topP * total)
            if isEnough {
                found.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
                return Array(found.prefix(count))
            }
            bound = bound > 1e-9 ? bound * 1e-3 : 0
        }
    }
}
