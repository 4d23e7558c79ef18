import Conversations
import Datasets
import Foundation
import Inference
import Tokenizers

/// Answers requests: labels of a closed set by their scores, everything else by generating text.
struct Answerer: Sendable {
    let queue: WorkQueue
    let escalation: Escalation?

    /// Answers one request with one version, telling each event as it comes.
    ///
    /// - Parameter moment: when the request came: the date that its prompt prints, if the template prints one.
    /// - Throws: ``APIError`` for a prompt that does not fit, a full queue or a cancelled request.
    func answer(
        _ request: CompletionRequest, _ version: ServedVersion, at moment: LocalTime, _ cancellation: Cancellation,
        _ tell: @escaping @Sendable (AnswerEvent) -> Void
    ) async throws -> Answer {
        let answer: Answer
        switch request.content {
        case .chat(let messages):
            if let task = version.task {
                guard let input = task.task.input(of: messages) else {
                    throw APIError.invalid("messages: no text for task \(task.task.name)", parameter: "messages")
                }
                answer =
                    task.isClosed
                    ? try await classify(input, task, request.topLogprobs, version, moment, cancellation, tell)
                    : try await generate(
                        request, version, cancellation, defaultTemperature: 0, tell
                    ) { try version.encoder.prompt(task.task.studentMessages(for: input), at: moment) }
            } else {
                answer = try await generate(request, version, cancellation, defaultTemperature: 1, tell) {
                    try version.encoder.prompt(messages, at: moment)
                }
            }
        case .text(let text):
            answer = try await generate(request, version, cancellation, defaultTemperature: 1, tell) {
                try version.encoder.raw(text)
            }
        }
        tell(.finished(answer))
        return answer
    }

    private func classify(
        _ input: String, _ task: ServedTask, _ topLogprobs: Int?, _ version: ServedVersion, _ moment: LocalTime,
        _ cancellation: Cancellation, _ tell: @escaping @Sendable (AnswerEvent) -> Void
    ) async throws -> Answer {
        var answer = try await queue.run(cancellation) {
            let prompt = try Answerer.encoded("messages") {
                try version.encoder.prompt(task.task.studentMessages(for: input), at: moment)
            }
            let longest = task.labels.reduce(0) { max($0, $1.count) }
            try Answerer.check(prompt: prompt.count, answer: longest, version)
            tell(.started)
            let scores = try version.engine.scoreLabels(
                prompt: prompt, labels: task.labels, adapter: version.adapter)
            let (best, confidence) = ServedTask.best(scores)
            let label = task.task.labelNames[best]
            var answer = Answer(
                text: label, promptTokens: prompt.count, completionTokens: task.labels[best].count, label: label,
                confidence: confidence, threshold: task.threshold)
            if let topLogprobs {
                let said = task.labels[best].prefix { !version.encoder.tokenizer.isEndOfGeneration($0) }
                let found = try version.engine.likelihoods(
                    of: Array(said), after: prompt, count: topLogprobs, adapter: version.adapter)
                answer.tokens = zip(said, found).map { GeneratedToken(id: $0, likelihood: $1) }
            }
            return answer
        }
        answer.cause = .confident
        if let confidence = answer.confidence, confidence < task.threshold {
            await escalate(&answer, input, task)
        }
        tell(.text(answer.text, answer.tokens ?? []))
        return answer
    }

    /// Lets the frontier answer; where it cannot, the student's own answer stands and says so.
    private func escalate(_ answer: inout Answer, _ input: String, _ task: ServedTask) async {
        guard let escalation else {
            answer.cause = .noEscalation
            return
        }
        do {
            let label = try await escalation.label(of: input, task.task)
            answer.text = label
            answer.label = label
            answer.tokens = nil
            answer.escalatedTo = escalation.model
            answer.cause = .belowThreshold
        } catch {
            escalation.report(error)
            answer.cause = .escalationFailed
        }
    }

    private func generate(
        _ request: CompletionRequest, _ version: ServedVersion, _ cancellation: Cancellation,
        defaultTemperature: Double, _ tell: @escaping @Sendable (AnswerEvent) -> Void,
        _ prompt: @escaping @Sendable () throws -> [TokenID]
    ) async throws -> Answer {
        try await queue.run(cancellation) {
            let prompt = try Answerer.encoded(request.isChat ? "messages" : "prompt", prompt)
            try Answerer.check(prompt: prompt.count, answer: request.sampling.maximumTokens ?? 1, version)
            var options = request.sampling.options(
                room: version.contextLength - prompt.count, defaultTemperature: defaultTemperature)
            options.topLogprobs = request.topLogprobs
            do { try options.validate() } catch let error as InferenceError {
                throw APIError.invalid(error.description)
            }
            tell(.started)
            var spoken = SpokenText(tokenizer: version.encoder.tokenizer, stop: options.stop)
            let generation = try version.engine.generate(prompt: prompt, adapter: version.adapter, options: options) {
                let piece = spoken.append($0)
                if !piece.text.isEmpty { tell(.text(piece.text, piece.tokens)) }
                return cancellation.reason == nil
            }
            try cancellation.check()
            let rest = spoken.finish()
            if !rest.text.isEmpty { tell(.text(rest.text, rest.tokens)) }
            return Answer(
                text: generation.text, finish: generation.finish == .length ? .length : .stop,
                promptTokens: generation.promptTokenCount, completionTokens: generation.tokens.count,
                tokens: request.topLogprobs == nil ? nil : spoken.tokens, cachedTokens: generation.cachedTokenCount)
        }
    }

    /// What a template or a tokenizer refuses is the request's fault, not ours.
    private static func encoded(_ field: String, _ body: () throws -> [TokenID]) throws -> [TokenID] {
        do {
            return try body()
        } catch let error as any LocalizedError {
            throw APIError.invalid("\(field): \(error.errorDescription ?? "\(error)")", parameter: field)
        }
    }

    private static func check(prompt: Int, answer: Int, _ version: ServedVersion) throws {
        guard prompt > 0 else { throw APIError.invalid("prompt: empty, expected at least one token") }
        guard prompt + answer <= version.contextLength else {
            throw APIError.invalid(
                "this model's context is \(version.contextLength) tokens long; the request has \(prompt) in the prompt "
                    + "and asks for \(answer) in the answer, \(prompt + answer) in all",
                parameter: "messages", code: "context_length_exceeded")
        }
    }
}
