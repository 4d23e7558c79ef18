import Evaluation
import Testing

/// Against scikit-learn, scipy and numpy; `Oracles/make_metric_values.py` prints the values.
@Suite struct MetricTests {
    private func isClose(_ found: Double, _ expected: Double, within tolerance: Double = 1e-9) -> Bool {
        (found - expected).magnitude <= tolerance
    }

    @Test(arguments: [
        (46, 60, 0.6456372962239804, 0.8556043826335716), (0, 20, 0.0, 0.16112515805281935),
        (20, 20, 0.8388748419471808, 1.0), (1, 1000, 0.00017654637062607809, 0.0056425585979579355),
        (500, 1000, 0.4690696003681042, 0.5309303996318958),
    ])
    func wilsonIntervals(count: Int, total: Int, lower: Double, upper: Double) {
        let estimate = Estimate.proportion(count, of: total)
        #expect(isClose(estimate.lower, lower))
        #expect(isClose(estimate.upper, upper))
        #expect(estimate.interval == .wilson)
    }

    @Test func accuracyAndMacroF1() throws {
        let first = try Samples.result(Samples.first)
        #expect(isClose(first.accuracy.value, 46.0 / 60))
        let interval = try #require(first.macroF1)
        #expect(isClose(interval.value, 0.7770156774916014))
        let confusion = try #require(first.confusion)
        #expect(isClose(confusion.macroF1, 0.7770156774916014))
        let second = try #require(try Samples.result(Samples.second).macroF1)
        #expect(isClose(second.value, 0.5179761137207946))
        #expect(interval.lower < interval.value && interval.value < interval.upper)
    }

    @Test func scoresOfLabels() throws {
        let scores = try #require(try Samples.result(Samples.first).confusion).labelScores
        let expected = [
            (0.8181818181818182, 0.72, 0.7659574468085106, 25),
            (0.8421052631578947, 0.8421052631578947, 0.8421052631578947, 19),
            (0.5625, 0.75, 0.6428571428571429, 12), (1.0, 0.75, 0.8571428571428571, 4),
        ]
        for (score, (precision, recall, f1, support)) in zip(scores, expected) {
            #expect(isClose(score.precision, precision))
            #expect(isClose(score.recall, recall))
            #expect(isClose(score.f1, f1))
            #expect(score.support == support)
        }
    }

    @Test(arguments: [
        (17, 8, 0.10775214433670044), (0, 0, 1.0), (5, 0, 0.0625), (10, 2, 0.03857421875), (7, 7, 1.0),
        (300, 250, 0.036578745549102676),
    ])
    func exactTestOfMcNemar(b: Int, c: Int, expected: Double) {
        #expect(isClose(PairedComparison.exactTest(b, c), expected, within: 1e-9))
        #expect(isClose(PairedComparison.exactTest(c, b), expected, within: 1e-9))
    }

    @Test func pairedComparison() throws {
        let (first, second) = (try Samples.result(Samples.first), try Samples.result(Samples.second))
        let pair = PairedComparison(first.isRight, second.isRight, bootstrap: Bootstrap(resamples: 20_000))
        #expect(pair.onlyFirst == 17)
        #expect(pair.onlySecond == 8)
        #expect(isClose(pair.pValue, 0.10775214433670044))
        #expect(isClose(pair.difference.value, 9.0 / 60))
        // scipy's own resampling; the statistic moves in steps of 1/60.
        #expect(isClose(pair.difference.lower, -1.0 / 60, within: 0.018))
        #expect(isClose(pair.difference.upper, 0.3, within: 0.018))
    }

    @Test func calibrationError() throws {
        let result = try Samples.result(Samples.first)
        let calibration = try #require(result.calibration)
        #expect(isClose(calibration.error, 0.09984999999999998))
        let estimate = try #require(result.calibrationError)
        #expect(isClose(estimate.value, 0.09984999999999998))
        let sure = Calibration([(confidence: 1.0, isRight: true), (confidence: 0.0, isRight: false)])
        #expect(sure.error == 0)
        #expect(sure.bins.map(\.count) == [1, 1])
    }

    @Test(arguments: [
        (0.9, 1.0 / 6, 1.0), (0.7, 0.7333333333333333, 0.8636363636363636), (0.5, 0.9, 0.8148148148148148),
    ])
    func coverageAgainstAccuracy(threshold: Double, coverage: Double, accuracy: Double) throws {
        let curve = try #require(try Samples.result(Samples.first).coverage)
        let point = try #require(curve.point(at: threshold))
        #expect(isClose(point.coverage, coverage))
        #expect(isClose(point.accuracy, accuracy))
    }

    @Test func equalConfidencesAreCoveredTogether() {
        let curve = CoverageCurve([
            (confidence: 0.9, isRight: false), (confidence: 0.9, isRight: true), (confidence: 0.1, isRight: true),
        ])
        #expect(curve.points.map(\.coverage) == [2.0 / 3, 1])
        #expect(curve.points.map(\.accuracy) == [0.5, 2.0 / 3])
        #expect(curve.point(at: 0.95) == nil)
    }

    @Test func theSameSeedGivesTheSameInterval() throws {
        let right = try Samples.result(Samples.first).isRight
        func interval(_ seed: UInt64) -> Estimate {
            Bootstrap(resamples: 500, seed: seed).estimate(count: 60) { sample in
                Double(sample.count { right[$0] }) / 60
            }
        }
        #expect(interval(3) == interval(3))
        // scipy's interval of the same accuracy, by 200,000 resamples, is 0.65 to 0.867.
        #expect(isClose(interval(3).lower, 0.65, within: 0.03))
        #expect(isClose(interval(3).upper, 0.8667, within: 0.03))
    }

    @Test func goldCountsForAccuracyAndTheTeacherForAgreement() throws {
        var examples = Array(Samples.examples.prefix(2))
        examples[0].gold = "other"
        let predictions = [Prediction(answer: "other"), Prediction(answer: examples[1].label)]
        let result = SystemResult(
            name: "x", kind: .adapter, task: try Samples.task(), examples: examples, predictions: predictions)
        #expect(result.accuracy.value == 1)
        #expect(result.agreement.value == 0.5)
    }
}
