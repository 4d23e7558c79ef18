import Randomness

/// A linear support vector machine, one against the rest: squared hinge loss with an L2 penalty, solved by dual
/// coordinate descent (Hsieh et al., 2008), as liblinear does it. The optimum is unique; the seed only orders the work.
public struct LinearClassifier: Sendable {
    /// `[classes][features + 1]`; the last is the bias, a feature that is always 1.
    private let weights: [[Float]]

    /// How strongly errors count against the size of the weights.
    static let cost: Float = 1
    static let maximumEpochs = 200
    /// The largest violation of optimality that is left.
    static let tolerance: Float = 0.01

    /// Trains one machine a class, on as many threads as there are.
    public init(
        _ rows: [TextFeatures.Vector], classes: [Int], classCount: Int, featureCount: Int, seed: UInt64 = 1
    ) async {
        weights = await withTaskGroup(of: (Int, [Float]).self) { group in
            for target in 0..<classCount {
                group.addTask {
                    let machine = BinaryMachine(
                        rows, isPositive: classes.map { $0 == target }, featureCount: featureCount,
                        seed: seed &+ UInt64(target))
                    return (target, machine.weights)
                }
            }
            var trained = [[Float]](repeating: [], count: classCount)
            for await (target, weights) in group { trained[target] = weights }
            return trained
        }
    }

    /// The signed distance to each class's boundary; the largest wins.
    public func decisions(_ row: TextFeatures.Vector) -> [Double] {
        weights.map { weights in
            var sum = weights.last ?? 0
            for (place, weight) in zip(row.places, row.weights) { sum += weights[Int(place)] * weight }
            return Double(sum)
        }
    }
}

/// One class against the rest.
private struct BinaryMachine {
    private(set) var weights: [Float]

    init(_ rows: [TextFeatures.Vector], isPositive: [Bool], featureCount: Int, seed: UInt64) {
        weights = [Float](repeating: 0, count: featureCount + 1)
        // The dual of the squared hinge loss: minimize ½ αᵀ(Q + D)α − Σα over α ≥ 0, with D = 1 / 2C.
        let diagonal = 1 / (2 * LinearClassifier.cost)
        let norms = rows.map { row in row.weights.reduce(1) { $0 + $1 * $1 } + diagonal }
        var alphas = [Float](repeating: 0, count: rows.count)
        var active = Array(rows.indices)
        var generator = SplitMix64(seed: seed)
        var shrinkingBound = Float.infinity
        weights.withUnsafeMutableBufferPointer { weights in
            for _ in 0..<LinearClassifier.maximumEpochs {
                active.shuffle(using: &generator)
                var highest = -Float.infinity
                var lowest = Float.infinity
                var kept: [Int] = []
                kept.reserveCapacity(active.count)
                for index in active {
                    let sign: Float = isPositive[index] ? 1 : -1
                    let row = rows[index]
                    var product = weights[featureCount]
                    for (place, weight) in zip(row.places, row.weights) { product += weights[Int(place)] * weight }
                    let gradient = sign * product - 1 + alphas[index] * diagonal
                    var projected = gradient
                    if alphas[index] == 0 {
                        // Far on the right side: it will stay there, so it is left out until the end.
                        if gradient > shrinkingBound { continue }
                        projected = min(gradient, 0)
                    }
                    kept.append(index)
                    highest = max(highest, projected)
                    lowest = min(lowest, projected)
                    if abs(projected) < 1e-12 { continue }
                    let old = alphas[index]
                    alphas[index] = max(old - gradient / norms[index], 0)
                    let step = (alphas[index] - old) * sign
                    for (place, weight) in zip(row.places, row.weights) { weights[Int(place)] += step * weight }
                    weights[featureCount] += step
                }
                let isDone = highest - lowest <= LinearClassifier.tolerance
                if isDone, kept.count == rows.count { return }
                // Solved for what was left: look at everything once more.
                active = isDone ? Array(rows.indices) : kept
                shrinkingBound = isDone || highest <= 0 ? .infinity : highest
            }
        }
    }
}
