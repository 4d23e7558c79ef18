/// An amount of US dollars, exact to 10⁻¹² USD.
///
/// Whole units, so that a ledger adds up: at a price of 0.15 USD per million tokens one token costs 150,000 of them.
/// Sums that no integer holds stay at the largest one: nothing that a server reports can stop the arithmetic.
public struct USD: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The amount in units of 10⁻¹² USD.
    public var units: Int

    public static let zero = USD(units: 0)

    public init(units: Int) { self.units = units }

    /// The nearest exact amount; what is not finite or beyond ±9 million USD is cut to that.
    public init(_ dollars: Double) {
        let scaled = (dollars * 1e12).rounded()
        units = scaled.isNaN ? 0 : Int(max(-9e18, min(9e18, scaled)))
    }

    public var dollars: Double { Double(units) / 1e12 }

    /// `$1.23`, with more digits for small amounts.
    public var description: String {
        let cents = units.magnitude / 10_000_000_000 + (units.magnitude % 10_000_000_000 >= 5_000_000_000 ? 1 : 0)
        guard cents < 100, units != 0 else {
            let rest = cents % 100
            return "\(units < 0 ? "-" : "")$\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
        }
        let digits = String((units.magnitude + 500_000) / 1_000_000)
        return "\(units < 0 ? "-" : "")$0.\(String(repeating: "0", count: 6 - min(6, digits.count)))\(digits)"
    }

    public static func < (left: USD, right: USD) -> Bool { left.units < right.units }

    public static func + (left: USD, right: USD) -> USD {
        let (sum, isBeyond) = left.units.addingReportingOverflow(right.units)
        return USD(units: isBeyond ? (right.units < 0 ? .min : .max) : sum)
    }

    public static func - (left: USD, right: USD) -> USD {
        let (difference, isBeyond) = left.units.subtractingReportingOverflow(right.units)
        return USD(units: isBeyond ? (right.units < 0 ? .max : .min) : difference)
    }

    public static func += (left: inout USD, right: USD) { left = left + right }
}
