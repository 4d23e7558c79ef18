public import JSON

/// A figure with its 95 % interval and how that was found.
public struct Estimate: Sendable, Hashable {
    public enum Interval: String, Sendable, Hashable {
        /// Wilson's score interval of a proportion.
        case wilson
        /// Percentiles of the figure over resampled examples.
        case bootstrap
    }

    public var value: Double
    public var lower: Double
    public var upper: Double
    public var interval: Interval

    public init(value: Double, lower: Double, upper: Double, interval: Interval) {
        self.value = value
        self.lower = lower
        self.upper = upper
        self.interval = interval
    }

    /// A proportion with Wilson's score interval (Wilson, 1927), which holds for small counts and near 0 and 1.
    ///
    /// - Parameter total: at least 1.
    public static func proportion(_ count: Int, of total: Int) -> Estimate {
        let n = Double(total)
        let p = Double(count) / n
        let z = normalQuantile
        let center = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return Estimate(
            value: p, lower: count == 0 ? 0 : max(0, center - half), upper: count == total ? 1 : min(1, center + half),
            interval: .wilson)
    }

    /// The 97.5 % quantile of the standard normal distribution.
    private static let normalQuantile = 1.959963984540054

    public var json: JSONValue {
        [
            "value": .number(value), "lower": .number(lower), "upper": .number(upper),
            "interval": .string(interval.rawValue),
        ]
    }
}
