import Checkpoints
public import Conversations
public import Datasets
public import Inference
import Synchronization
import Tensors
import Tokenizers

/// Asks one artifact every example of a split, along the path that serves: the same prompt, the same scoring of
/// labels, the same engine.
public struct ArtifactRunner: Sendable {
    private let engine: InferenceEngine
    private let adapter: LoadedAdapter?
    private let task: Datasets.Task
    private let encoder: ChatEncoder
    /// The tokens of each label's answer, through the end of the turn; empty for generation.
    private let labels: [[TokenID]]
    private let maximumTokens: Int

    /// - Parameters:
    ///   - date: what a template that prints the date is told.
    ///   - maximumTokens: how long an answer of a generation task may become.
    /// - Throws: what the model's tokenizer and template throw.
    public init(
        task: Datasets.Task, engine: InferenceEngine, adapter: LoadedAdapter?, date: LocalTime, maximumTokens: Int = 512
    ) throws {
        self.task = task
        self.engine = engine
        self.adapter = adapter
        self.maximumTokens = maximumTokens
        encoder = ChatEncoder(
            tokenizer: try engine.checkpoint.tokenizer, template: try engine.checkpoint.template, now: date)
        let messages = task.studentMessages(for: "an example")
        let encoder = encoder
        labels = try task.labelNames.map { try encoder.answer($0, after: messages) }
    }

    /// Answers to all examples, in their order.
    ///
    /// Examples are spread over the pool's threads; the first runs alone, so that the others find the beginning that
    /// they share in the engine's cache.
    ///
    /// - Parameter progress: called with the number of examples done, from any thread, one call at a time.
    /// - Throws: what the engine throws; what `progress` throws stops the work.
    public func predictions(
        for examples: [EvaluationExample], progress: @Sendable (Int) throws -> Void = { _ in }
    ) throws -> [Prediction] {
        let state = Mutex(
            (predictions: [Prediction?](repeating: nil, count: examples.count), done: 0, failure: (any Error)?.none))
        @Sendable func run(_ index: Int) {
            guard state.withLock({ $0.failure == nil }) else { return }
            do {
                let prediction = try prediction(for: examples[index])
                try state.withLock { state in
                    state.predictions[index] = prediction
                    state.done += 1
                    try progress(state.done)
                }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }
        if !examples.isEmpty { run(0) }
        ThreadPool.shared.run(max(0, examples.count - 1)) { run($0 + 1) }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.predictions.compactMap { $0 }
        }
    }

    private func prediction(for example: EvaluationExample) throws -> Prediction {
        let prompt = try encoder.prompt(example.messages)
        if task.kind == .classification {
            let scores = try engine.scoreLabels(prompt: prompt, labels: labels, adapter: adapter)
            return Prediction(scores: scores, labels: task.labelNames, truth: example.truth)
        }
        let options = GenerationOptions(maximumTokens: maximumTokens)
        let text = try engine.generate(prompt: prompt, adapter: adapter, options: options).text
        do throws(AnswerError) {
            return Prediction(answer: try task.label(fromAnswer: text))
        } catch {
            // An answer that the task does not allow is a wrong answer, and is counted as such.
            return Prediction(answer: nil)
        }
    }
}
