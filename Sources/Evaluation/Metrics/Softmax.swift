import Foundation

enum Softmax {
    /// `exp(score) / Σ exp(score)`, safe for scores of any size.
    static func probabilities(_ scores: [Double]) -> [Double] {
        guard let highest = scores.max() else { return [] }
        let powers = scores.map { exp($0 - highest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
