import Foundation

/// Probabilities of what was scored by logarithms.
package enum Softmax {
    /// `exp(score) / Σ exp(score)`, safe for scores of any size.
    package static func probabilities(_ scores: [Double]) -> [Double] {
        guard let highest = scores.max() else { return [] }
        let powers = scores.map { exp($0 - highest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
