public import Teachers

/// How far a run of labeling is.
public struct LabelingProgress: Sendable {
    /// Distinct inputs that have an answer, and all of them.
    public var done: Int
    public var total: Int
    /// What the account has spent, earlier runs included.
    public var spent: USD
    /// Answers per second of this run.
    public var rate: Double

    /// Seconds that the rest will take at this rate; nil while there is no rate.
    public var remaining: Double? { rate > 0 ? Double(total - done) / rate : nil }

    /// `labeled 120/3000 · $0.12 · 14.2/s · 203 s left`
    public var line: String {
        let tenths = Int((rate * 10).rounded())
        let rest = remaining.map { " · \(Int($0.rounded(.up))) s left" } ?? ""
        return "labeled \(done)/\(total) · \(spent) · \(tenths / 10).\(tenths % 10)/s\(rest)"
    }
}
