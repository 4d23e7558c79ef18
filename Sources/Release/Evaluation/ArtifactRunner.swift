import Answering
public import Inference
public import PlainText
import Synchronization
public import Tasks
import Tensors

/// Asks one artifact every example of a split, as serving asks it.
public struct ArtifactRunner: Sendable {
    private let responder: TaskResponder
    private let date: LocalTime

    /// - Parameter date: what a template that prints the date is told.
    /// - Throws: what the model's tokenizer and template throw.
    public init(task: TaskDefinition, engine: InferenceEngine, adapter: LoadedAdapter?, date: LocalTime) throws {
        responder = try TaskResponder(
            task: task, engine: engine, adapter: adapter, encoder: try PromptEncoder(engine.checkpoint), at: date)
        self.date = date
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
        let question = try responder.question(example.messages, at: date)
        // Serving refuses it, so it is an answer that is missing.
        guard responder.holds(question) else { return Prediction(answer: nil, confidence: 0, problem: .tooLong) }
        return Prediction(
            try responder.answer(question), labels: responder.task.labelNames, truth: example.truth)
    }
}
