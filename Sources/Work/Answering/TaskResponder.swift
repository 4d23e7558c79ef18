import Architectures
import ChatTemplates
import Checkpoints
public import Conversations
import Dialects
import Foundation
public import Inference
public import PlainText
public import Tasks
public import Tokenizers

/// How one model answers one task: the prompt, the limit, the scores of labels, the finishing of generated text, the
/// confidence and what it must reach.
///
/// Evaluation and serving both ask through this type, so that what was evaluated is what answers.
public struct TaskResponder: Sendable {
    public let task: TaskDefinition
    /// Below this confidence an answer is ``TaskAnswer/Verdict/unsure``.
    public let threshold: Double
    private let engine: InferenceEngine
    private let adapter: LoadedAdapter?
    private let encoder: PromptEncoder
    /// The tokens of each label's answer, through the end of the turn, in the task's order; empty for generation.
    private let labels: [[TokenID]]
    /// What the template writes around an answer.
    private let frame: AnswerFrame?

    /// More corrected answers than this are not compared.
    private static let mostCorrections = 64

    /// - Parameters:
    ///   - threshold: in place of the task's own.
    ///   - moment: any; what a label adds to a prompt is the same on every day, whatever date the prompt prints.
    /// - Throws: what the model's tokenizer and template throw.
    public init(
        task: TaskDefinition, engine: InferenceEngine, adapter: LoadedAdapter?, encoder: PromptEncoder,
        threshold: Double? = nil, at moment: LocalTime
    ) throws {
        self.task = task
        self.threshold = threshold ?? task.threshold
        self.engine = engine
        self.adapter = adapter
        self.encoder = encoder
        let messages = task.studentMessages(for: "an example")
        labels = try task.labelNames.map { try encoder.answer($0, after: messages, at: moment) }
        frame = try encoder.frame(after: messages, at: moment)
    }

    /// Whether answers are labels out of a closed set, which are scored and not generated.
    public var isClosed: Bool { !labels.isEmpty }

    /// Whether text may be shown while it is generated: nothing can turn out afterwards that forbids it.
    public var streams: Bool { !isClosed && task.answerSchema == nil && threshold == 0 }

    /// How many tokens an answer needs at least in the context.
    public var leastTokens: Int { labels.reduce(1) { max($0, $1.count) } }

    /// One question, in the model's tokens.
    public struct Question: Sendable {
        public let prompt: [TokenID]
        let messages: [Message]
        let moment: LocalTime
        let owner: PromptOwner?
    }

    /// - Parameters:
    ///   - messages: what the student is shown, up to its answer: ``TaskDefinition/studentMessages(for:)``.
    ///   - moment: what a template that prints the date is told.
    ///   - owner: who asks; what was computed for others is not used.
    /// - Throws: what rendering and encoding throw.
    public func question(
        _ messages: [Message], at moment: LocalTime, owner: PromptOwner? = nil
    ) throws -> Question {
        Question(
            prompt: try encoder.prompt(messages, at: moment), messages: messages, moment: moment, owner: owner)
    }

    /// Whether the model's context holds a question and the least that may be said to it.
    public func holds(_ question: Question) -> Bool {
        question.prompt.count + leastTokens <= engine.checkpoint.architecture.contextLength
    }

    /// Answers one question.
    ///
    /// - Parameters:
    ///   - options: how text is generated; greedily by default. Never more than the task's most tokens are.
    ///   - topLogprobs: how many of the likeliest tokens to name with each token of the answer; nil for no likelihoods.
    ///   - onPiece: called for each token with the text that became certain, which is empty unless ``streams``; false ends
    ///     the answer.
    /// - Throws: `InferenceError` for a question that the model's context does not hold or an option out of range; what
    ///   `onPiece` throws. Scores that are no numbers are no error but a verdict.
    public func answer(
        _ question: Question, options: GenerationOptions = GenerationOptions(), topLogprobs: Int? = nil,
        onPiece: (AnswerText.Piece) throws -> Bool = { _ in true }
    ) throws -> TaskAnswer {
        do {
            return isClosed
                ? try score(question, topLogprobs) : try generate(question, options, topLogprobs, onPiece)
        } catch let error as InferenceError where error.kind == .notANumber {
            return TaskAnswer(text: "", verdict: .notANumber, promptTokenCount: question.prompt.count)
        }
    }

    private func verdict(_ confidence: Double) -> TaskAnswer.Verdict {
        // Written so that what is no number is not sure.
        confidence >= threshold ? .confident : .unsure
    }

    // MARK: Closed labels

    private func score(_ question: Question, _ topLogprobs: Int?) throws -> TaskAnswer {
        let scores = try engine.scoreLabels(
            prompt: question.prompt, labels: labels, adapter: adapter, owner: question.owner)
        let probabilities = Softmax.probabilities(scores)
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        var answer = TaskAnswer(
            text: task.labelNames[best], verdict: verdict(probabilities[best]), probabilities: probabilities,
            confidence: probabilities[best], promptTokenCount: question.prompt.count, tokenCount: labels[best].count)
        if let topLogprobs {
            let said = Array(labels[best].prefix { !encoder.tokenizer.isEndOfGeneration($0) })
            let likelihoods = try engine.likelihoods(
                of: said, after: question.prompt, count: topLogprobs, adapter: adapter, owner: question.owner)
            var text = AnswerText(tokenizer: encoder.tokenizer, frame: frame)
            for (id, likelihood) in zip(said, likelihoods) {
                _ = text.append(GeneratedToken(id: id, likelihood: likelihood))
            }
            _ = text.finish()
            answer.tokens = text.tokens
        }
        return answer
    }

    // MARK: Generated text

    private func generate(
        _ question: Question, _ options: GenerationOptions, _ topLogprobs: Int?,
        _ onPiece: (AnswerText.Piece) throws -> Bool
    ) throws -> TaskAnswer {
        var options = options
        options.maximumTokens = min(options.maximumTokens, task.maximumTokens)
        options.topLogprobs = topLogprobs
        var text = AnswerText(tokenizer: encoder.tokenizer, stop: options.stop, frame: frame, trims: true)
        let generation = try engine.generate(
            prompt: question.prompt, adapter: adapter, options: options, owner: question.owner
        ) {
            let piece = text.append($0)
            return try onPiece(streams ? piece : AnswerText.Piece())
        }
        let rest = text.finish()
        if streams, !rest.text.isEmpty { _ = try onPiece(rest) }
        let said = AnswerText.finished(generation.text, frame: frame, trims: true)
        var answer = TaskAnswer(
            text: said, verdict: verdict(generation.confidence), confidence: generation.confidence,
            isCut: generation.finish == .length, promptTokenCount: generation.promptTokenCount,
            tokenCount: generation.tokens.count, cachedTokenCount: generation.cachedTokenCount,
            tokens: topLogprobs == nil ? nil : text.tokens)
        do throws(AnswerError) {
            answer.text = try task.label(fromAnswer: said)
        } catch {
            answer.verdict = .invalid(error)
            if generation.finish != .cancelled { try repair(&answer, question) }
        }
        return answer
    }

    /// Where only values of closed sets are wrong, the model chooses again, among the whole answers that the task allows.
    private func repair(_ answer: inout TaskAnswer, _ question: Question) throws {
        let corrections = task.corrections(ofAnswer: answer.text, limit: TaskResponder.mostCorrections)
        guard !corrections.isEmpty else { return }
        let tokens = try corrections.map { try encoder.answer($0, after: question.messages, at: question.moment) }
        let longest = tokens.reduce(0) { max($0, $1.count) }
        guard question.prompt.count + longest <= engine.checkpoint.architecture.contextLength else { return }
        let scores = try engine.scoreLabels(
            prompt: question.prompt, labels: tokens, adapter: adapter, owner: question.owner)
        guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { return }
        let confidence = exp(scores[best] / Double(tokens[best].count))
        answer.text = corrections[best]
        answer.confidence = confidence
        answer.verdict = verdict(confidence)
        answer.isRepaired = true
        answer.isCut = false
        answer.tokens = nil
    }
}
