import Evaluation
import Tasks
import Testing

@Suite struct GateTests {
    private func checks(_ gate: String, base: Bool = true, baseline: Bool = true) throws -> [GateCheck] {
        let task = try Samples.task("gate: {\(gate)}")
        return GateCheck.checks(
            task.gate, isClosed: false, subject: try Samples.result(Samples.first, task: task),
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

    /// The first system has 46 of 60 right and the other 60: none of the 14 that part them is the first's own.
    @Test func whatIsSignificantlyWorseThanTheBaselineDoesNotPass() throws {
        func found(_ gate: String, _ answers: [Int], _ kind: SystemResult.Kind = .adapter) throws -> [GateCheck] {
            let task = try Samples.task("gate: {\(gate)}")
            return GateCheck.checks(
                task.gate, isClosed: true, subject: try Samples.result(answers, kind, task: task), base: nil,
                baseline: try Samples.result(Samples.truth, .baseline))
        }
        let worse = try #require(try found("", Samples.first).first)
        #expect(worse.name == GateCheck.againstBaseline && !worse.passed)
        // 2 · 0.5^14.
        #expect(abs((worse.value ?? 0) - 0.0001220703125) < 1e-12)
        #expect(worse.words.hasPrefix("significantly worse than the linear baseline, which costs nothing"))
        // Five errors more could be chance: 2 · 0.5^5 = 0.0625; six could not: 0.03125.
        for (errors, passes) in [(0, true), (5, true), (6, false)] {
            let answers = Samples.truth.enumerated().map { $0 < errors ? ($1 + 1) % 4 : $1 }
            #expect(try found("", answers).map(\.passed) == [passes])
        }
        // What the task says itself counts instead, and a base is no release.
        #expect(try found("minimum_margin_over_baseline: -0.5", Samples.first).map(\.passed) == [true])
        #expect(try found("", Samples.first, .base).isEmpty)
    }

    /// 0.7 less 0.3 is a little less than 0.4 in floating point; 42 of 60 less 18 of 60 is not.
    @Test func aMarginAtTheThresholdPasses() throws {
        func result(right: Int) throws -> SystemResult {
            try Samples.result(Samples.truth.enumerated().map { $0 < right ? $1 : ($1 + 1) % 4 })
        }
        let task = try Samples.task("gate: {minimum_margin_over_base: 0.4, minimum_margin_over_baseline: 0.4}")
        let (subject, other) = (try result(right: 42), try result(right: 18))
        let found = GateCheck.checks(
            task.gate, isClosed: true, subject: subject, base: other, baseline: other)
        #expect(found.map(\.passed) == [true, true])
        #expect(found.map(\.value) == [0.4, 0.4])
    }
}
