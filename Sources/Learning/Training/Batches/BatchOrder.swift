import Randomness

/// Which conversations each step takes: every epoch takes each once, in its own random order.
struct BatchOrder: Sendable {
    let stepsPerEpoch: Int
    let totalSteps: Int
    private let count: Int
    private let batchSize: Int
    private let seed: UInt64
    /// The order of the epoch that was asked for last.
    private var epoch = -1
    private var order: [Int] = []

    /// - Parameter count: conversations.
    init(count: Int, batchSize: Int, epochs: Int, seed: UInt64) {
        self.count = count
        self.batchSize = batchSize
        self.seed = seed
        stepsPerEpoch = (count + batchSize - 1) / batchSize
        totalSteps = stepsPerEpoch * epochs
    }

    /// From 0.
    func epoch(of step: Int) -> Int { (step - 1) / stepsPerEpoch }

    /// The places of the conversations of a step; the first step is 1.
    mutating func conversations(of step: Int) -> ArraySlice<Int> {
        let wanted = epoch(of: step)
        if wanted != epoch {
            var generator = SplitMix64(seed: seed, stream: UInt64(wanted) + 1)
            (epoch, order) = (wanted, generator.permutation(count))
        }
        let first = (step - 1) % stepsPerEpoch * batchSize
        return order[first..<min(first + batchSize, order.count)]
    }
}
