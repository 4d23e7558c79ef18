public import Foundation

/// How a dataset version is divided.
public struct SplitRule: Sendable, Hashable {
    public enum Test: Sendable, Hashable {
        /// The newest groups until this share of the rows is reached.
        case fraction(Double)
        /// Everything at this time or later: a fixed test period.
        case after(Date)
    }

    public var test: Test
    /// The share of the rows outside the test split that validate.
    public var validationFraction: Double
    /// Inputs at least this similar (Jaccard over character shingles) are one group, which no two splits share.
    public var nearDuplicateSimilarity: Double
    /// Decides which groups validate.
    public var seed: UInt64

    public init(
        test: Test = .fraction(0.15), validationFraction: Double = 0.1, nearDuplicateSimilarity: Double = 0.8,
        seed: UInt64 = 1
    ) {
        self.test = test
        self.validationFraction = validationFraction
        self.nearDuplicateSimilarity = nearDuplicateSimilarity
        self.seed = seed
    }
}
