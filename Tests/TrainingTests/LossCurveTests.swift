import JSON
import Testing
import Training

@Suite struct LossCurveTests {
    private func curve(_ losses: [Double]) -> LossCurve {
        LossCurve(
            losses.enumerated().map {
                ["kind": "step", "step": .integer($0 + 1), "loss": .number($1), "learning_rate": 0.001]
            })
    }

    /// A straight line smoothed is that line, at its ends, too.
    @Test func theSmoothedLossDoesNotLag() {
        let line = (0..<2000).map { 8 - Double($0) / 400 }
        for (point, value) in zip(curve(line).smoothed, line) { #expect(abs(point.value - value) < 1e-9) }
    }

    /// Where the loss falls at once, half of the fall is seen at that step, and all of it a fortieth of the run later.
    @Test func aFallIsWhereItIs() {
        let smoothed = curve((0..<2000).map { $0 < 1000 ? 2 : 1 }).smoothed
        #expect(abs(smoothed[1000].value - 1.5) < 0.01)
        #expect(smoothed[949].value == 2 && smoothed[1050].value == 1)
    }

    @Test func aShortRunIsItself() {
        #expect(curve([3, 1, 2]).smoothed.map(\.value) == [3, 1, 2])
        #expect(curve([]).smoothed.isEmpty)
    }
}
