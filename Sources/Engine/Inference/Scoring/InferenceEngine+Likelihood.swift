public import Tokenizers

extension InferenceEngine {
    /// How likely each token of an answer is after a prompt and the answer's tokens before it.
    ///
    /// - Parameters:
    ///   - count: how many of the likeliest tokens to name at each place.
    ///   - owner: whose prompt it is; it starts only from prompts of the same owner.
    /// - Throws: ``InferenceError`` for an empty prompt, an id that is not one of the vocabulary, or more tokens than the
    ///   model's context.
    public func likelihoods(
        of answer: [TokenID], after prompt: [TokenID], count: Int, adapter: LoadedAdapter? = nil,
        owner: PromptOwner? = nil
    ) throws -> [TokenLikelihood] {
        guard !prompt.isEmpty else { throw InferenceError("prompt: no tokens, expected at least one") }
        let capacity = prompt.count + answer.count
        try check(prompt, after: 0, capacity: capacity)
        try check(answer, after: prompt.count, capacity: capacity)
        var state = begin(prompt, adapter: adapter, owner: owner, capacity: capacity)
        var rest = prompt[state.tokens.count...]
        var found: [TokenLikelihood] = []
        for token in answer {
            found.append(TokenLikelihood(of: token, in: extend(&state, by: rest, adapter: adapter), count: count))
            rest = [token]
        }
        keep(state, prompt: prompt.count, adapter: adapter, owner: owner)
        return found
    }
}
