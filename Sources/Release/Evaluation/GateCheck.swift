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

    /// The checks that a gate asks for. A condition about a base or a baseline that was not evaluated does not pass.
    public static func checks(
        _ gate: TaskGate, subject: SystemResult, base: SystemResult?, baseline: SystemResult?
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
        return checks
    }
}

extension SystemResult {
    /// By how much its accuracy is above another's on the same split: of whole numbers, so that 14 of 20 is 0.4 above 6 of
    /// 20, and not a little less.
    func margin(over other: SystemResult) -> Double {
        Double(isRight.count { $0 } - other.isRight.count { $0 }) / Double(isRight.count)
    }
}
