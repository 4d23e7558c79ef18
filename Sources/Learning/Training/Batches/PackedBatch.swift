public import Autograd
import Tensors
public import Transformers

/// Examples as one ``TokenTree``: what several begin with is computed once, and nothing is padded.
///
/// The gradient is exactly that of the examples one by one. Short accidental likenesses are not worth a run of their
/// own: a shared run has at least ``minimumSharedLength`` tokens.
///
/// It holds all that a step needs to know of its examples, so that a step over packed batches allocates nothing. Packing
/// takes some twenty arrays, a few of which grow by doubling: 40 allocations for eight examples, 80 for 500.
public struct PackedBatch: Sendable {
    static let minimumSharedLength = 4

    public let batch: TokenBatch
    /// The tokens whose logits are needed, in increasing order.
    public let rows: [Int32]
    /// What each of `rows` should predict; `row` counts in `rows`, weights are those of the examples.
    public let targets: [LossTarget]
    /// The example that each target belongs to.
    public let exampleOfTarget: [Int]
    /// What a teacher would have said in the place of some targets, with the targets' weights.
    let distributions: [DistillationTarget]
    /// The target that each of `distributions` belongs to.
    let targetOfDistribution: [Int]
    public let exampleCount: Int
    /// Tokens of all examples together, shared or not.
    public let exampleTokenCount: Int
    /// Σ weights of the examples.
    public let totalWeight: Double

    /// What a pass over it computes.
    public var size: PassSize { PassSize(tokens: batch.tokens.count, rows: rows.count, pairs: batch.pairs) }

    public init(_ examples: [TrainingExample]) {
        var builder = PackedBatchBuilder(examples)
        let order = examples.indices.sorted { PackedBatch.precedes(examples[$0], examples[$1], $0, $1) }
        builder.add(order[...].drop { examples[$0].tokens.isEmpty }, from: 0, below: nil)
        batch = TokenBatch(tree: builder.tree, tokens: builder.tokens)
        builder.placed.sort { ($0.row, $0.token, $0.example) < ($1.row, $1.token, $1.example) }
        var rows: [Int32] = []
        var targets: [LossTarget] = []
        var distributions: [DistillationTarget] = []
        var targetOfDistribution: [Int] = []
        rows.reserveCapacity(builder.placed.count)
        targets.reserveCapacity(builder.placed.count)
        for place in builder.placed {
            if rows.last != place.row { rows.append(place.row) }
            if let stored = examples[place.example].teacher[place.position] {
                targetOfDistribution.append(targets.count)
                distributions.append(
                    DistillationTarget(
                        row: rows.count - 1, tokens: stored.tokens, logProbabilities: stored.logProbabilities,
                        weight: place.weight))
            }
            targets.append(LossTarget(row: rows.count - 1, token: place.token, weight: place.weight))
        }
        self.rows = rows
        self.targets = targets
        self.distributions = distributions
        self.targetOfDistribution = targetOfDistribution
        exampleOfTarget = builder.placed.map(\.example)
        exampleCount = examples.count
        exampleTokenCount = examples.reduce(0) { $0 + $1.tokens.count }
        totalWeight = examples.reduce(0) { $0 + $1.totalWeight }
    }

    /// The order in which examples share the most: by their tokens, equal ones as they came.
    static func precedes(_ a: TrainingExample, _ b: TrainingExample, _ i: Int, _ j: Int) -> Bool {
        if a.tokens == b.tokens { return i < j }
        return a.tokens.lexicographicallyPrecedes(b.tokens)
    }

    /// Splits the examples of a step into groups of at most `tokenLimit` tokens, shared ones counted once; an example
    /// that is longer gets a group of its own.
    public static func split(_ examples: [TrainingExample], tokenLimit: Int) -> [[TrainingExample]] {
        places(examples, tokenLimit: tokenLimit).map { group in group.map { examples[$0] } }
    }

    /// The groups of ``split(_:tokenLimit:)`` as indices of examples.
    static func places(_ examples: [TrainingExample], tokenLimit: Int) -> [[Int]] {
        let order = examples.indices.sorted { precedes(examples[$0], examples[$1], $0, $1) }
        var groups: [[Int]] = []
        var count = 0
        for index in order {
            let example = examples[index]
            let shared = groups.last?.last.map { commonPrefix(examples[$0].tokens, example.tokens) } ?? 0
            if groups.isEmpty || count + example.tokens.count - shared > tokenLimit {
                groups.append([index])
                count = example.tokens.count
            } else {
                groups[groups.count - 1].append(index)
                count += example.tokens.count - shared
            }
        }
        return groups
    }

    /// Splits the pairs of a step into groups of whole pairs within the limit, as far as a single pair allows it.
    static func split(_ pairs: [PreferencePair], tokenLimit: Int) -> [[PreferencePair]] {
        let order = pairs.indices.sorted { precedes(pairs[$0].chosen, pairs[$1].chosen, $0, $1) }
        var groups: [[PreferencePair]] = []
        var count = 0
        for index in order {
            let (chosen, rejected) = (pairs[index].chosen.tokens, pairs[index].rejected.tokens)
            let size = chosen.count + rejected.count - commonPrefix(chosen, rejected)
            let shared = groups.last?.last.map { commonPrefix($0.chosen.tokens, chosen) } ?? 0
            if groups.isEmpty || count + size - shared > tokenLimit {
                groups.append([pairs[index]])
                count = size
            } else {
                groups[groups.count - 1].append(pairs[index])
                count += size - shared
            }
        }
        return groups
    }

    static func commonPrefix(_ a: [Int32], _ b: [Int32], from start: Int = 0) -> Int {
        var length = start
        while length < a.count, length < b.count, a[length] == b[length] { length += 1 }
        return length
    }
}

/// Builds the tree from examples in lexicographic order.
private struct PackedBatchBuilder {
    /// A token to predict, and the token of the tree that predicts it.
    struct Placed {
        var row: Int32
        var token: Int32
        var weight: Float
        var example: Int
        var position: Int
    }

    let examples: [TrainingExample]
    var tree = TokenTree()
    var tokens: [Int32] = []
    var placed: [Placed] = []

    init(_ examples: [TrainingExample]) {
        self.examples = examples
        tokens.reserveCapacity(examples.reduce(0) { $0 + $1.tokens.count })
        placed.reserveCapacity(examples.reduce(0) { $0 + $1.weights.count { $0 != 0 } })
    }

    /// Adds examples whose first `position` tokens are those of the path down to `parent`, and that go on after them.
    mutating func add(_ group: ArraySlice<Int>, from position: Int, below parent: Int?) {
        guard let first = group.first, let last = group.last else { return }
        let end = PackedBatch.commonPrefix(examples[first].tokens, examples[last].tokens, from: position)
        let isOne = end == examples[first].tokens.count && end == examples[last].tokens.count
        if isOne || end - position >= PackedBatch.minimumSharedLength {
            return addRun(group, from: position, to: end, below: parent)
        }
        var rest = group
        while let part = takePart(of: &rest, at: end) {
            if hasEnded(part, at: end) {
                addRun(part, from: position, to: end, below: parent)
            } else {
                add(part, from: position, below: parent)
            }
        }
    }

    /// Adds a run of the tokens `position ..< end` that the whole group shares, and what comes after it.
    private mutating func addRun(
        _ group: ArraySlice<Int>, from position: Int, to end: Int, below parent: Int?
    ) {
        guard let first = group.first else { return }
        let run = tree.append(count: end - position, parent: parent)
        let start = tree.runs[run].start
        tokens += examples[first].tokens[position..<end]
        for example in group { place(example, position: position, end: end, start: start, parent: parent) }
        var rest = group
        while let part = takePart(of: &rest, at: end) {
            if !hasEnded(part, at: end) { add(part, from: end, below: run) }
        }
    }

    private func hasEnded(_ part: ArraySlice<Int>, at position: Int) -> Bool {
        part.first.map { examples[$0].tokens.count == position } ?? true
    }

    /// Notes what an example wants predicted of the tokens of one run.
    private mutating func place(_ example: Int, position: Int, end: Int, start: Int, parent: Int?) {
        for index in position..<end where examples[example].weights[index] != 0 {
            // The first token of a run is predicted by the last of its parent; that of a root by nothing.
            let row: Int
            if index > position {
                row = start + index - position - 1
            } else if let parent {
                row = tree.runs[parent].start + tree.runs[parent].count - 1
            } else {
                continue
            }
            placed.append(
                Placed(
                    row: Int32(row), token: examples[example].tokens[index], weight: examples[example].weights[index],
                    example: example, position: index))
        }
    }

    /// Takes the first examples of a group that have the same token at `position`; those that end there come first,
    /// together.
    private func takePart(of group: inout ArraySlice<Int>, at position: Int) -> ArraySlice<Int>? {
        guard let first = group.first else { return nil }
        func token(_ example: Int) -> Int32? {
            let tokens = examples[example].tokens
            return position < tokens.count ? tokens[position] : nil
        }
        let part = group.prefix { token($0) == token(first) }
        group = group[part.endIndex...]
        return part
    }
}
