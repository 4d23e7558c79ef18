import Foundation
public import JSON

/// Two systems on the same examples: by how much one is more often right, and whether that could be chance.
public struct PairedComparison: Sendable, Hashable {
    /// Examples that only the first system, or only the second, got right.
    public let onlyFirst: Int
    public let onlySecond: Int
    /// The first system's accuracy less the second's, with a paired bootstrap interval.
    public let difference: Estimate
    /// McNemar's exact test (1947), two-sided: how probable a split as uneven as this is if both are equally good.
    public let pValue: Double

    /// - Parameters:
    ///   - first: for each example, whether the first system was right.
    ///   - second: the same for the second system; as many.
    public init(_ first: [Bool], _ second: [Bool], bootstrap: Bootstrap) {
        let gains = zip(first, second).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) }
        onlyFirst = gains.count { $0 > 0 }
        onlySecond = gains.count { $0 < 0 }
        pValue = PairedComparison.exactTest(onlyFirst, onlySecond)
        difference = bootstrap.estimate(count: gains.count) { sample in
            Double(sample.reduce(0) { $0 + gains[$1] }) / Double(max(1, sample.count))
        }
    }

    /// `min(1, 2 · P(X ≤ min(b, c)))` with X binomial over b + c fair coins.
    package static func exactTest(_ b: Int, _ c: Int) -> Double {
        let n = Double(b + c)
        guard b + c > 0 else { return 1 }
        var tail = 0.0
        for k in 0...min(b, c) {
            let waysToChoose: Double = lgamma(n + 1) - lgamma(Double(k) + 1) - lgamma(n - Double(k) + 1)
            tail += exp(waysToChoose - n * log(2))
        }
        return min(1, 2 * tail)
    }

    public var json: JSONValue {
        [
            "difference": difference.json, "only_first_right": .integer(onlyFirst),
            "only_second_right": .integer(onlySecond), "p_value": .number(pValue), "test": "mcnemar_exact",
        ]
    }
}
