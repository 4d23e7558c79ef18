import Foundation
public import Tokenizers

/// How likely a model held a token, and which others it held likeliest in its place: of its own logits, before
/// temperature, penalties and bias.
public struct TokenLikelihood: Sendable, Hashable {
    /// A token and the natural logarithm of its probability.
    public struct Candidate: Sendable, Hashable {
        public var id: TokenID
        public var logprob: Double
    }

    public var said: Candidate
    /// The likeliest first; of equal ones the smaller id.
    public var likeliest: [Candidate]

    /// - Parameters:
    ///   - logits: one for each token of the vocabulary.
    ///   - count: how many of the likeliest to name.
    init(of id: TokenID, in logits: [Float], count: Int) {
        let top = Double(logits.max() ?? 0)
        let logSum = top + log(logits.reduce(0.0) { $0 + exp(Double($1) - top) })
        func candidate(_ index: Int) -> Candidate {
            Candidate(id: TokenID(index), logprob: Double(logits[index]) - logSum)
        }
        said = candidate(Int(id))
        // Few of many: those found so far in order, a better one put in its place.
        var best: [Int] = []
        for index in logits.indices {
            if best.count == count {
                guard let last = best.last, logits[index] > logits[last] else { continue }
                best.removeLast()
            }
            best.insert(index, at: best.firstIndex { logits[$0] < logits[index] } ?? best.endIndex)
        }
        likeliest = best.map(candidate)
    }
}
