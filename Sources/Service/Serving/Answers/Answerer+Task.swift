import Answering
import Conversations
import Foundation
import Inference
import PlainText
import Tasks

extension Answerer {
    /// Answers with a version's own task, and hands to the frontier what the student may not or should not answer.
    func answer(
        _ messages: [Message], _ responder: TaskResponder, _ request: CompletionRequest, _ version: ServedVersion,
        at moment: LocalTime, _ cancellation: Cancellation, _ tell: @escaping @Sendable (AnswerEvent) -> Void
    ) async throws -> Answer {
        let task = responder.task
        guard let input = task.input(of: messages) else {
            throw APIError.invalid("messages: no text for task \(task.name)", parameter: "messages")
        }
        let found = try await queue.run(cancellation) {
            let question = try Answerer.encoded("messages") {
                try responder.question(task.studentMessages(for: input), at: moment, owner: request.promptOwner)
            }
            // The task never says more than its own limit, whatever a client allows.
            let needed =
                responder.isClosed
                ? responder.leastTokens : min(request.sampling.maximumTokens ?? 1, task.maximumTokens)
            let room = try Answerer.room(after: question.prompt.count, for: needed, in: version.contextLength)
            let options = try request.options(room: room, defaultTemperature: 0)
            tell(.started(promptTokens: question.prompt.count))
            return try responder.answer(question, options: options, topLogprobs: request.topLogprobs) { piece in
                tell(.tokens(1))
                if !piece.text.isEmpty { tell(.text(piece.text, piece.tokens)) }
                return cancellation.reason == nil
            }
        }
        if responder.isClosed { tell(.tokens(found.tokenCount)) }
        try cancellation.check()
        var answer: Answer
        if request.sampling.ends(found) {
            answer = Answer(found, responder)
            answer.cause = .cutByRequest
        } else {
            answer = try await decided(found, responder, input, request.client, cancellation)
            if answer.escalatedTo != nil, !responder.isClosed { request.sampling.cut(&answer.text) }
        }
        if let refusal = answer.refusal {
            tell(.refusal(refusal))
        } else if !responder.streams || answer.escalatedTo != nil {
            tell(.text(answer.text, answer.tokens ?? []))
        }
        return answer
    }

    /// Whether the student's answer stands, and what is answered where it does not.
    private func decided(
        _ found: TaskAnswer, _ responder: TaskResponder, _ input: String, _ client: ClientAccount?,
        _ cancellation: Cancellation
    ) async throws -> Answer {
        var answer = Answer(found, responder)
        let task = responder.task
        switch found.verdict {
        case .confident: break
        case .unsure:
            try await escalate(&answer, input, task, client, cancellation, cause: .belowThreshold)
            if answer.escalatedTo == nil, escalation == nil { answer.cause = .noEscalation }
        case .invalid(let error):
            answer.cause = .invalidAnswer
            if task.invalidAnswers == .escalate {
                try await escalate(&answer, input, task, client, cancellation, cause: .invalidAnswer)
            }
            if answer.escalatedTo == nil { answer.refuse(task.refusal ?? "no answer: \(error.problem)") }
        case .notANumber:
            answer.cause = .notANumber
            try await escalate(&answer, input, task, client, cancellation, cause: .notANumber)
            if answer.escalatedTo == nil { throw APIError.notANumber(answer.cause) }
        }
        return answer
    }

    /// Lets the frontier answer; where it does not, the student's own answer is left as it is and says why.
    ///
    /// - Throws: ``APIError/disconnected`` when nobody waits for any answer any more.
    private func escalate(
        _ answer: inout Answer, _ input: String, _ task: TaskDefinition, _ client: ClientAccount?,
        _ cancellation: Cancellation, cause: Answer.Cause
    ) async throws {
        guard let escalation else { return }
        do {
            let said = try await escalation.answer(to: input, task, client, cancellation)
            answer.text = said.text
            answer.label = task.kind == .classification ? said.text : nil
            answer.finish = .stop
            answer.tokens = nil
            answer.escalatedTo = said.model
            answer.askedModel = escalation.model
            answer.cause = cause
        } catch let failure as EscalationFailure {
            answer.cause = failure.cause
        }
    }
}

extension Answer {
    mutating func refuse(_ words: String) {
        refusal = words
        text = ""
        tokens = nil
        finish = .stop
    }
}
