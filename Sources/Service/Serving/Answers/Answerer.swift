import Answering
import ChatTemplates
import Foundation
import Inference
import PlainText
import Tokenizers

/// Answers requests: with the version's own task where it has one, everything else by generating text.
struct Answerer: Sendable {
    let queue: WorkQueue
    let escalation: Escalation?

    /// Answers one request with one version, telling each event but the last as it comes.
    ///
    /// - Parameter moment: when the request came: the date that its prompt prints, if the template prints one.
    /// - Throws: ``APIError`` for a prompt that does not fit, a full queue or a cancelled request.
    func answer(
        _ request: CompletionRequest, _ version: ServedVersion, at moment: LocalTime, _ cancellation: Cancellation,
        _ tell: @escaping @Sendable (AnswerEvent) -> Void
    ) async throws -> Answer {
        switch request.content {
        case .chat(let messages):
            if let responder = version.task {
                return try await answer(messages, responder, request, version, at: moment, cancellation, tell)
            } else {
                return try await continueText(request, version, cancellation, tell) {
                    (
                        try version.encoder.prompt(messages, at: moment),
                        try version.encoder.frame(after: messages, at: moment)
                    )
                }
            }
        case .text(let text):
            return try await continueText(request, version, cancellation, tell) {
                (try version.encoder.raw(text), nil)
            }
        }
    }

    /// Free text: what a version without a task, or the base, says.
    private func continueText(
        _ request: CompletionRequest, _ version: ServedVersion, _ cancellation: Cancellation,
        _ tell: @escaping @Sendable (AnswerEvent) -> Void,
        _ encode: @escaping @Sendable () throws -> (prompt: [TokenID], frame: AnswerFrame?)
    ) async throws -> Answer {
        try await queue.run(cancellation) {
            let (prompt, frame) = try Answerer.encoded(request.isChat ? "messages" : "prompt", encode)
            let room = try Answerer.room(
                after: prompt.count, for: request.sampling.maximumTokens ?? 1, in: version.contextLength)
            let options = try request.options(room: room, defaultTemperature: 1)
            tell(.started(promptTokens: prompt.count))
            var spoken = AnswerText(tokenizer: version.encoder.tokenizer, stop: options.stop, frame: frame)
            let generation = try Answerer.numbers {
                try version.engine.generate(
                    prompt: prompt, adapter: version.adapter, options: options, owner: request.promptOwner
                ) {
                    tell(.tokens(1))
                    let piece = spoken.append($0)
                    if !piece.text.isEmpty { tell(.text(piece.text, piece.tokens)) }
                    return cancellation.reason == nil
                }
            }
            try cancellation.check()
            let rest = spoken.finish()
            if !rest.text.isEmpty { tell(.text(rest.text, rest.tokens)) }
            return Answer(
                text: AnswerText.finished(generation.text, frame: frame, trims: false),
                finish: generation.finish == .length ? .length : .stop,
                promptTokens: generation.promptTokenCount, completionTokens: generation.tokens.count,
                tokens: request.topLogprobs == nil ? nil : spoken.tokens, cachedTokens: generation.cachedTokenCount)
        }
    }
}

extension Answerer {
    /// What a template or a tokenizer refuses is the request's fault, not ours.
    static func encoded<Value>(_ field: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch AnsweringError.noTemplate {
            throw APIError.unsupported(
                field, "\(AnsweringError.noTemplate.description); /v1/completions continues raw text")
        } catch let error as any LocalizedError {
            throw APIError.invalid("\(field): \(error.errorDescription ?? "\(error)")", parameter: field)
        }
    }

    /// How many tokens the context has left after a prompt.
    ///
    /// - Parameter answer: how many the answer needs.
    static func room(after prompt: Int, for answer: Int, in context: Int) throws -> Int {
        guard prompt > 0 else { throw APIError.invalid("prompt: empty, expected at least one token") }
        guard prompt + answer <= context else {
            throw APIError.invalid(
                "this model's context is \(context) tokens long; the request has \(prompt) in the prompt "
                    + "and asks for \(answer) in the answer, \(prompt + answer) in all",
                parameter: "messages", code: "context_length_exceeded")
        }
        return context - prompt
    }

    /// Scores that are no numbers are our fault, and are called so.
    static func numbers<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as InferenceError where error.kind == .notANumber {
            throw APIError.notANumber()
        }
    }
}

extension APIError {
    /// The model's scores are no numbers, so that there is nothing to answer with.
    ///
    /// - Parameter cause: why the frontier did not answer, where it should have.
    static func notANumber(_ cause: Answer.Cause = .notANumber) -> APIError {
        let why = cause == .notANumber ? "" : " (\(cause.rawValue))"
        return APIError(
            status: 500, message: "the model's scores are not finite numbers: it has no answer\(why)",
            type: "server_error", code: "not_a_number")
    }
}

extension CompletionRequest {
    /// How the answer is to be generated.
    ///
    /// - Throws: ``APIError`` for options out of range.
    func options(room: Int, defaultTemperature: Double) throws -> GenerationOptions {
        var options = sampling.options(room: room, defaultTemperature: defaultTemperature)
        options.topLogprobs = topLogprobs
        do { try options.validate() } catch let error as InferenceError {
            throw APIError.invalid(error.description)
        }
        return options
    }
}
