import Foundation

/// Linear warm-up, then half a cosine down to a floor.
///
/// With t = 1 … N, W warm-up steps and floor f: t ≤ W: peak · t / W; after that
/// peak · (f + (1 - f) · ½ (1 + cos(π (t - W) / (N - W)))).
public struct LearningRateSchedule: Sendable, Hashable {
    public var peak: Double
    public var warmupSteps: Int
    public var totalSteps: Int
    /// The part of the peak that is left at the end.
    public var floor: Double

    public init(peak: Double, warmupSteps: Int, totalSteps: Int, floor: Double) {
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.floor = floor
    }

    /// The rate of a step; the first is 1.
    public func rate(step: Int) -> Double {
        if step <= warmupSteps { return peak * Double(step) / Double(warmupSteps) }
        let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
        return peak * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * min(1, progress))))
    }
}
