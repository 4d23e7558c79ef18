import Foundation
public import JSON
public import Tasks

/// One condition of a task's gate, and whether it holds.
public struct GateCheck: Sendable, Hashable {
    /// The key in `task.yaml`.
    public var name: String
    /// What was found; nil where it could not be, and then the check has not passed.
    public var value: Double?
    public var threshold: Double
    public var passed: Bool

    public var json: JSONValue {
        [
            "name": .string(name), "value": value.map(JSONValue.number) ?? .null, "threshold": .number(threshold),
            "passed": .bool(passed),
        ]
    }

    /// The check that the answers of a closed set get without being asked for, wherever a linear baseline was evaluated and
    /// the task names no margin over it: the baseline costs nothing, so that what is worse than it is worth nothing.
    ///
    /// The value is 1 where the baseline is right no more often, and otherwise the p-value of McNemar's exact test on the
    /// same examples; see ``PairedComparison/pValue``.
    public static let againstBaseline = "minimum_p_value_against_baseline"
    /// What is less probable than this by chance alone counts as worse.
    public static let significance = 0.05

    /// The checks that a gate asks for. A condition about a base or a baseline that was not evaluated does not pass.
    ///
    /// - Parameter isClosed: whether the answers are labels of a closed set.
    public static func checks(
        _ gate: TaskGate, isClosed: Bool, subject: SystemResult, base: SystemResult?, baseline: SystemResult?
    ) -> [GateCheck] {
        var checks: [GateCheck] = []
        func check(_ name: String, _ threshold: Double?, _ value: Double?, isUpperBound: Bool = false) {
            guard let threshold else { return }
            let passed = value.map { isUpperBound ? $0 <= threshold : $0 >= threshold } ?? false
            checks.append(GateCheck(name: name, value: value, threshold: threshold, passed: passed))
        }
        let accuracy = subject.accuracy.value
        check("minimum_accuracy", gate.minimumAccuracy, accuracy)
        check("minimum_agreement", gate.minimumAgreement, subject.agreement.value)
        check("minimum_macro_f1", gate.minimumMacroF1, subject.macroF1?.value)
        check(
            "minimum_slice_accuracy", gate.minimumSliceAccuracy,
            subject.slices.map(\.accuracy.value).min() ?? accuracy)
        check(
            "maximum_calibration_error", gate.maximumCalibrationError, subject.calibrationError?.value,
            isUpperBound: true)
        check("minimum_margin_over_base", gate.minimumMarginOverBase, base.map { subject.margin(over: $0) })
        check("minimum_margin_over_baseline", gate.minimumMarginOverBaseline, baseline.map { subject.margin(over: $0) })
        if isClosed, subject.kind != .base, gate.minimumMarginOverBaseline == nil, let baseline {
            check(againstBaseline, significance, subject.chanceOfBeingNoWorse(than: baseline))
        }
        return checks
    }

    /// What was found and what was asked, in a line for people.
    public var words: String {
        guard name == GateCheck.againstBaseline else {
            return "\(name): \(value.map { String(format: "%.4f", $0) } ?? "not evaluated"), asked \(threshold)"
        }
        let test = value.map { $0 < 0.001 ? "p < 0.001" : String(format: "p %.3f", $0) } ?? "not evaluated"
        return passed
            ? "not significantly worse than the linear baseline (McNemar's test: \(test))"
            : "significantly worse than the linear baseline, which costs nothing (McNemar's test: \(test), asked at least "
                + "\(threshold)); minimum_margin_over_baseline in the task's gate says how much worse it may be"
    }
}

extension SystemResult {
    /// By how much its accuracy is above another's on the same split: of whole numbers, so that 14 of 20 is 0.4 above 6 of
    /// 20, and not a little less.
    func margin(over other: SystemResult) -> Double {
        Double(isRight.count { $0 } - other.isRight.count { $0 }) / Double(isRight.count)
    }

    /// How probable its answers are if it is as good as the other; 1 where it is right as often or more often.
    fileprivate func chanceOfBeingNoWorse(than other: SystemResult) -> Double {
        guard margin(over: other) < 0 else { return 1 }
        let pairs = zip(isRight, other.isRight)
        return PairedComparison.exactTest(pairs.count { $0 && !$1 }, pairs.count { $1 && !$0 })
    }
}
