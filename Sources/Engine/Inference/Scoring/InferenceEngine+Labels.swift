import Architectures
import Checkpoints
public import Tokenizers

extension InferenceEngine {
    /// The log-probability of each label's tokens after a prompt, all labels in one pass over the tree of their tokens.
    ///
    /// A label's tokens include the token that ends the answer, so that a label that another one begins with is not
    /// preferred for being short. Softmax over the result gives probabilities within the closed set.
    ///
    /// - Parameter owner: whose prompt it is; it starts only from prompts of the same owner.
    /// - Throws: ``InferenceError`` for an empty prompt, no labels, an empty label, an id that is not one of the vocabulary,
    ///   or more tokens than the model's context; of kind `notANumber` where a score is none.
    public func scoreLabels(
        prompt: [TokenID], labels: [[TokenID]], adapter: LoadedAdapter? = nil, owner: PromptOwner? = nil
    ) throws -> [Double] {
        guard !prompt.isEmpty else { throw InferenceError("prompt: no tokens, expected at least one") }
        guard !labels.isEmpty else { throw InferenceError("labels: none, expected at least one") }
        if let empty = labels.firstIndex(where: \.isEmpty) {
            throw InferenceError("label \(empty): no tokens, expected at least one")
        }
        let capacity = prompt.count + labels.reduce(0) { max($0, $1.count) }
        try check(prompt, after: 0, capacity: capacity)
        for label in labels { try check(label, after: prompt.count, capacity: capacity) }

        var state = begin(prompt, adapter: adapter, owner: owner, capacity: capacity)
        let rest = prompt.dropFirst(state.tokens.count)
        let isLong = rest.count > InferenceEngine.chunkLength
        let first = rest.prefix(isLong ? max(InferenceEngine.leastRows, rest.count - InferenceEngine.chunkLength) : 0)
        let last = rest.dropFirst(first.count)
        if isLong { _ = extend(&state, by: first, adapter: adapter, wantsLogits: false) }
        // The end of the prompt and the whole tree go through in one pass.
        let tree = LabelTree(labels)
        var segment = chain(last, &state, adapter, wanted: [last.count - 1])
        segment.tokens += tree.tokens
        segment.tree = tree.tree
        segment.wanted += tree.tokens.indices.map { last.count + $0 }
        if !tree.tokens.isEmpty {
            segment.treeTarget = KeyValueBlock(
                capacity: tree.tokens.count, width: architecture.attention.keyValueWidth,
                layerCount: architecture.layerCount)
        }
        let logits = run([segment])
        state.take(last)
        keep(state, prompt: prompt.count, adapter: adapter, owner: owner)
        return try scores(tree, logits)
    }

    private func scores(_ tree: LabelTree, _ logits: [Float]) throws -> [Double] {
        let vocabulary = architecture.vocabularySize
        let normalizers = try (0...tree.tokens.count).map {
            try InferenceEngine.normalizer(logits[$0 * vocabulary..<($0 + 1) * vocabulary])
        }
        let scores = tree.paths.map { path in
            path.reduce(0) { sum, step in
                let row = step.after.map { $0 + 1 } ?? 0
                return sum + Double(logits[row * vocabulary + Int(step.token)]) - normalizers[row]
            }
        }
        // Nothing is known of labels that the model holds impossible, all of them.
        guard scores.contains(where: \.isFinite) else { throw InferenceError.notANumber }
        return scores
    }
}
