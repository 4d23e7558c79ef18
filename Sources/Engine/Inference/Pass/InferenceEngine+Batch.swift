import Architectures
import Checkpoints
public import Tokenizers

extension InferenceEngine {
    /// Extends several sessions of this engine in one pass, each by a few tokens: requests for different adapters, at
    /// different places in their sequences, share the reading of the base's weights.
    ///
    /// - Returns: for each step the logits after its last token.
    /// - Throws: ``InferenceError`` if a session is in use or given twice, or its tokens cannot be appended; then no session
    ///   has changed.
    public func advance(_ steps: [(session: InferenceSession, tokens: [TokenID])]) throws -> [[Float]] {
        var states: [SequenceState] = []
        defer { for (step, state) in zip(steps, states) { step.session.put(state) } }
        for step in steps { states.append(try step.session.take()) }
        for (step, state) in zip(steps, states) {
            guard step.session.engine === self else { throw InferenceError("session: of another engine") }
            guard !step.tokens.isEmpty else { throw InferenceError("tokens: none, expected at least one") }
            try check(step.tokens, after: state.tokens.count, capacity: state.capacity)
        }
        let segments = steps.indices.map { index in
            chain(
                steps[index].tokens[...], &states[index], steps[index].session.adapter,
                wanted: [steps[index].tokens.count - 1])
        }
        let logits = run(segments)
        for index in steps.indices { states[index].take(steps[index].tokens) }
        let vocabulary = architecture.vocabularySize
        return steps.indices.map { Array(logits[$0 * vocabulary..<($0 + 1) * vocabulary]) }
    }
}
