import Architectures
import Checkpoints
public import Tokenizers

extension InferenceEngine {
    /// Generates an answer to a prompt.
    ///
    /// - Parameters:
    ///   - owner: whose prompt it is; it starts only from prompts of the same owner.
    ///   - onToken: called with each token of the answer as it comes; false ends the answer. A stop text's tokens are among
    ///     them (``TextAssembler`` holds such text back).
    /// - Throws: ``InferenceError`` for an empty or too long prompt, an id that is not one of the vocabulary or an option
    ///   out of range, of kind `notANumber` where logits are not finite; what `onToken` throws.
    public func generate(
        prompt: [TokenID], adapter: LoadedAdapter? = nil, options: GenerationOptions = GenerationOptions(),
        owner: PromptOwner? = nil,
        onToken: (GeneratedToken) throws -> Bool = { _ in true }
    ) throws -> Generation {
        try options.validate()
        guard !prompt.isEmpty else { throw InferenceError("prompt: no tokens, expected at least one") }
        let capacity = min(prompt.count + options.maximumTokens, architecture.contextLength)
        try check(prompt, after: 0, capacity: capacity)
        let tokenizer = try checkpoint.tokenizer
        let clock = ContinuousClock()
        let start = clock.now
        var state = begin(prompt, adapter: adapter, owner: owner, capacity: capacity)
        let cached = state.tokens.count
        var logits = extend(&state, by: prompt[cached...], adapter: adapter)
        let promptEnd = clock.now
        var sampler = Sampler(options, prompt: prompt)
        var assembler = TextAssembler(tokenizer: tokenizer, stop: options.stop)
        var answer: [TokenID] = []
        var text = ""
        var finish = Generation.Finish.length
        var logProbability = 0.0, scored = 0
        while answer.count < options.maximumTokens {
            let normalizer = try InferenceEngine.normalizer(logits)
            let token = sampler.next(logits)
            logProbability += Double(logits[Int(token)]) - normalizer
            scored += 1
            if tokenizer.isEndOfGeneration(token) {
                finish = .stop
                break
            }
            answer.append(token)
            text += assembler.append(token)
            let likelihood = options.topLogprobs.map { TokenLikelihood(of: token, in: logits, count: $0) }
            guard try onToken(GeneratedToken(id: token, likelihood: likelihood)) else {
                finish = .cancelled
                break
            }
            if assembler.isStopped {
                finish = .stop
                break
            }
            guard answer.count < options.maximumTokens, state.tokens.count < capacity else { break }
            logits = extend(&state, by: [token], adapter: adapter)
        }
        text += assembler.finish()
        keep(state, prompt: prompt.count, adapter: adapter, owner: owner)
        return Generation(
            tokens: answer, text: text, finish: finish, logProbability: logProbability, scoredTokenCount: scored,
            promptTokenCount: prompt.count, cachedTokenCount: cached,
            promptSeconds: start.duration(to: promptEnd) / .seconds(1),
            generationSeconds: promptEnd.duration(to: clock.now) / .seconds(1))
    }
}
