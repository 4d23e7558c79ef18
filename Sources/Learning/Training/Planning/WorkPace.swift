/// The time that a unit of work takes, found by timing pieces of it.
struct WorkPace {
    /// Timing goes on until it has taken so long, or this part of what all the work will take.
    private static let enough = (seconds: 2.0, part: 0.1)
    /// Fewer are not believed.
    private static let leastPieces = 3

    private var unit = ProcessTime()

    /// - Parameters:
    ///   - total: all the work to come; none is timed for 0.
    ///   - count: the pieces there are to time; one may be timed several times.
    ///   - work: of a piece.
    ///   - pass: computes a piece.
    init(total: Double, pieces count: Int, work: (Int) -> Double, pass: (Int) throws -> Void) rethrows {
        guard total > 0, count > 0 else { return }
        var samples: [ProcessTime] = []
        var spent = 0.0
        repeat {
            // Steps of the golden ratio reach all parts of the row evenly, however many are taken.
            let place = (0.5 + Double(samples.count) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
            let piece = min(count - 1, Int(place * Double(count)))
            let start = ProcessTime.now
            try pass(piece)
            let time = ProcessTime.now - start
            spent += time.seconds
            samples.append(time * (1 / work(piece)))
            // Another process's burst spoils some pieces; the median does not notice.
            unit = ProcessTime(
                seconds: samples.map(\.seconds).median, cpuSeconds: samples.map(\.cpuSeconds).median)
        } while samples.count < WorkPace.leastPieces
            || spent < min(WorkPace.enough.seconds, WorkPace.enough.part * unit.seconds * total)
    }

    /// What so much work takes.
    func time(of work: Double) -> ProcessTime { unit * work }
}

extension [Double] {
    /// The middle one, or the mean of the two in the middle; of none, 0.
    fileprivate var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
