/// Pairs of answers, packed: a pair's answers share their prompt's run.
public struct PackedPairs: Sendable {
    /// Examples 2i and 2i + 1 are the chosen and the rejected answer of pair i.
    let packed: PackedBatch
    let references: [PreferencePair.Reference]
    /// Σ weights of the chosen answers.
    let chosenWeight: Double

    public init(_ pairs: [PreferencePair]) {
        packed = PackedBatch(pairs.flatMap { [$0.chosen, $0.rejected] })
        references = pairs.map(\.reference)
        chosenWeight = pairs.reduce(0) { $0 + $1.chosen.totalWeight }
    }
}
