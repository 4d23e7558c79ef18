import Evaluation
import Tasks
import Testing

@Suite struct GateTests {
    private func checks(_ gate: String, base: Bool = true, baseline: Bool = true) throws -> [GateCheck] {
        let task = try Samples.task("gate: {\(gate)}")
        return GateCheck.checks(
            task.gate, subject: try Samples.result(Samples.first, task: task),
            base: base ? try Samples.result(Samples.second, .base) : nil,
            baseline: baseline ? try Samples.result(Samples.truth, .baseline) : nil)
    }

    @Test func anEmptyGateAsksForNothing() throws {
        #expect(try checks("").isEmpty)
    }

    @Test(arguments: [
        ("minimum_accuracy: 0.76", true), ("minimum_accuracy: 0.77", false), ("minimum_agreement: 0.76", true),
        ("minimum_macro_f1: 0.777", true), ("minimum_macro_f1: 0.778", false),
        ("maximum_calibration_error: 0.1", true), ("maximum_calibration_error: 0.09", false),
        ("minimum_margin_over_base: 0.14", true), ("minimum_margin_over_base: 0.16", false),
        ("minimum_margin_over_baseline: -0.24", true), ("minimum_margin_over_baseline: 0", false),
        ("minimum_slice_accuracy: 0.8", true), ("minimum_slice_accuracy: 0.9", false),
    ])
    func conditionsHoldOrNot(condition: String, holds: Bool) throws {
        let found = try checks(condition)
        #expect(found.map(\.passed) == [holds])
        #expect(found.map(\.name) == [String(condition.prefix { $0 != ":" })])
    }

    @Test func whatWasNotEvaluatedDoesNotPass() throws {
        let found = try checks(
            "minimum_margin_over_base: 0, minimum_margin_over_baseline: 0", base: false, baseline: false)
        #expect(found.map(\.passed) == [false, false])
        #expect(found.map(\.value) == [nil, nil])
    }

    /// 0.7 less 0.3 is a little less than 0.4 in floating point; 42 of 60 less 18 of 60 is not.
    @Test func aMarginAtTheThresholdPasses() throws {
        func result(right: Int) throws -> SystemResult {
            try Samples.result(Samples.truth.enumerated().map { $0 < right ? $1 : ($1 + 1) % 4 })
        }
        let task = try Samples.task("gate: {minimum_margin_over_base: 0.4, minimum_margin_over_baseline: 0.4}")
        let (subject, other) = (try result(right: 42), try result(right: 18))
        let found = GateCheck.checks(task.gate, subject: subject, base: other, baseline: other)
        #expect(found.map(\.passed) == [true, true])
        #expect(found.map(\.value) == [0.4, 0.4])
    }
}
