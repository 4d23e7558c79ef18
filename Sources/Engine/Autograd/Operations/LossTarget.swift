/// A token that a row should predict.
public struct LossTarget: Sendable, Hashable {
    /// The row of the activation whose logits predict the token.
    public var row: Int
    public var token: Int32
    /// What -ln p(token) counts in the loss.
    public var weight: Float

    public init(row: Int, token: Int32, weight: Float) {
        self.row = row
        self.token = token
        self.weight = weight
    }
}

/// A teacher's stored distribution that a row should follow.
public struct DistillationTarget: Sendable, Hashable {
    public var row: Int
    /// The teacher's likeliest tokens.
    public var tokens: [Int32]
    /// Their natural log-probabilities under the teacher.
    public var logProbabilities: [Float]
    /// What the divergence counts in the loss.
    public var weight: Float

    public init(row: Int, tokens: [Int32], logProbabilities: [Float], weight: Float) {
        self.row = row
        self.tokens = tokens
        self.logProbabilities = logProbabilities
        self.weight = weight
    }
}

/// What a loss found at each of its targets, in their order.
public struct LossValues: Sendable {
    /// Σ weight · loss, added up in the order of the targets.
    public var total = 0.0
    /// The loss of each target, without its weight: -ln p(token), or the divergence.
    public var perTarget: [Float]
    /// Whether the target's token has the highest logit of its row; for distillation, the teacher's likeliest.
    public var isTop: [Bool]

    public init(total: Double = 0, perTarget: [Float] = [], isTop: [Bool] = []) {
        self.total = total
        self.perTarget = perTarget
        self.isTop = isTop
    }

    /// Makes room for so many targets, in the memory that it has if there is enough.
    mutating func clear(count: Int) {
        total = 0
        perTarget.removeAll(keepingCapacity: true)
        perTarget.append(contentsOf: repeatElement(0, count: count))
        isTop.removeAll(keepingCapacity: true)
        isTop.append(contentsOf: repeatElement(false, count: count))
    }
}

/// What cross-entropy and distillation found.
public struct LossesFound: Sendable {
    public var entropy = LossValues()
    public var divergence = LossValues()

    public init() {}
}
