import Randomness

/// Intervals by resampling examples with replacement (Efron, 1979): the 2.5 % and 97.5 % percentiles of a figure.
///
/// The generator is seeded, so that the same predictions give the same interval.
public struct Bootstrap: Sendable {
    public var resamples: Int
    public var seed: UInt64

    public init(resamples: Int = 1000, seed: UInt64 = 1) {
        self.resamples = resamples
        self.seed = seed
    }

    /// - Parameter figure: the figure of a sample, given as indices into the examples; repeated ones count again.
    public func estimate(count: Int, _ figure: ([Int]) -> Double) -> Estimate {
        let value = figure(Array(0..<count))
        var generator = SplitMix64(seed: seed)
        var sample = [Int](repeating: 0, count: count)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        for _ in 0..<resamples {
            for place in sample.indices { sample[place] = Int.random(in: 0..<count, using: &generator) }
            values.append(figure(sample))
        }
        values.sort()
        return Estimate(
            value: value, lower: Bootstrap.percentile(values, 0.025), upper: Bootstrap.percentile(values, 0.975),
            interval: .bootstrap)
    }

    /// The quantile of sorted values, interpolated between neighbors.
    static func percentile(_ sorted: [Double], _ quantile: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let place = quantile * Double(last)
        let below = Int(place)
        let above = min(below + 1, last)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
