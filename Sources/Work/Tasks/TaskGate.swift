/// What an artifact must reach on the test split before it may be promoted; nil asks for nothing.
public struct TaskGate: Sendable, Hashable {
    /// Against the truth: gold where there is one, otherwise the teacher's label.
    public var minimumAccuracy: Double?
    /// Against the teacher's label.
    public var minimumAgreement: Double?
    public var minimumMacroF1: Double?
    /// Accuracy of every slice.
    public var minimumSliceAccuracy: Double?
    public var maximumCalibrationError: Double?
    /// By how much accuracy must exceed that of the base without an adapter; 0 means strictly better or equal.
    public var minimumMarginOverBase: Double?
    /// By how much accuracy must exceed that of the linear baseline. May be negative.
    public var minimumMarginOverBaseline: Double?

    public init() {}
}
