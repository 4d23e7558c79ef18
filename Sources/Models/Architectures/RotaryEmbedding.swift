import Foundation
public import Tensors

/// How positions turn queries and keys: pair `i` of a head is rotated by `position · inverse[i]`.
///
/// Su et al., RoFormer, 2021. Scalings: linear; per-pair factors (Llama 3, and LongRoPE with one set for short and
/// one for long sequences); YaRN (Peng et al., 2023). The arithmetic is that of ggml's `rope_yarn`.
public struct RotaryEmbedding: Sendable, Hashable {
    /// Interpolates low frequencies and leaves high ones.
    public struct YaRN: Sendable, Hashable {
        public var extrapolation: Double
        public var fastBeta: Double
        public var slowBeta: Double

        package init(extrapolation: Double, fastBeta: Double, slowBeta: Double) {
            self.extrapolation = extrapolation
            self.fastBeta = fastBeta
            self.slowBeta = slowBeta
        }
    }

    /// Which two numbers of a head make a pair.
    public var pairing: RotaryTable.Pairing
    /// How many of a head's leading numbers are rotated; the rest pass through.
    public var dimensions: Int
    public var base: Double
    /// What angles are multiplied with: 1 / the factor of linear scaling.
    public var frequencyScale: Double
    /// The context that the model was first trained on, where a scaling needs it.
    public var originalContextLength: Int
    /// Divides the frequency of each pair (`dimensions / 2` numbers).
    public var factors: [Float]?
    /// Divides it in their place in sequences longer than `originalContextLength`.
    public var longFactors: [Float]?
    public var yarn: YaRN?
    /// What rotated numbers are multiplied with.
    public var magnitude: Double

    package init(
        pairing: RotaryTable.Pairing, dimensions: Int, base: Double, frequencyScale: Double,
        originalContextLength: Int, factors: [Float]?, longFactors: [Float]?, yarn: YaRN?, magnitude: Double
    ) {
        self.pairing = pairing
        self.dimensions = dimensions
        self.base = base
        self.frequencyScale = frequencyScale
        self.originalContextLength = originalContextLength
        self.factors = factors
        self.longFactors = longFactors
        self.yarn = yarn
        self.magnitude = magnitude
    }

    /// The angles per position, ready to use.
    public struct Frequencies: Sendable, Hashable {
        /// `dimensions / 2` numbers: the angle of pair `i` at position `p` is `p · inverse[i]`.
        public var inverse: [Float]
        /// What cosine and sine are multiplied with.
        public var magnitude: Float
    }

    /// Whether a sequence of this length, and so all its positions, takes the factors for long ones.
    public func isLong(_ sequenceLength: Int) -> Bool {
        longFactors != nil && sequenceLength > originalContextLength
    }

    /// The frequencies for a sequence that may grow to `sequenceLength` tokens.
    public func frequencies(sequenceLength: Int) -> Frequencies {
        let factors = isLong(sequenceLength) ? longFactors : self.factors
        let inverse = (0..<dimensions / 2).map { pair -> Float in
            let plain = pow(base, -2 * Double(pair) / Double(dimensions)) / Double(factors?[pair] ?? 1)
            let interpolated = frequencyScale * plain
            guard let yarn else { return Float(interpolated) }
            let mix = ramp(pair, yarn) * yarn.extrapolation
            return Float(interpolated * (1 - mix) + plain * mix)
        }
        let boost = yarn == nil ? 1 : 1 + 0.1 * log(1 / frequencyScale)
        return Frequencies(inverse: inverse, magnitude: Float(magnitude * boost))
    }

    /// 1 where a pair turns often within the original context, 0 where it hardly turns, linear between.
    private func ramp(_ pair: Int, _ yarn: YaRN) -> Double {
        func turns(_ beta: Double) -> Double {
            Double(dimensions) * log(Double(originalContextLength) / (beta * 2 * .pi)) / (2 * log(base))
        }
        let low = max(0, turns(yarn.fastBeta).rounded(.down))
        let high = min(Double(dimensions - 1), turns(yarn.slowBeta).rounded(.up))
        return 1 - min(1, max(0, (Double(pair) - low) / max(0.001, high - low)))
    }
}

extension RotaryEmbedding {
    /// Cosines and sines of the first `positions` positions, for a sequence that may grow to `sequenceLength` tokens.
    public func table(positions: Int, sequenceLength: Int) -> RotaryTable {
        let frequencies = frequencies(sequenceLength: sequenceLength)
        return RotaryTable(
            positions: positions, rotated: dimensions, pairing: pairing, frequencies: frequencies.inverse,
            magnitude: frequencies.magnitude)
    }
}
