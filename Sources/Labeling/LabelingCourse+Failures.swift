import Storage
import Teachers

extension LabelingCourse {
    /// Takes what came of an input.
    mutating func take(
        _ outcome: Result<Labeler.Asked, any Error>, of work: Work, in group: inout Group
    ) async throws {
        switch outcome {
        case .success(let asked):
            failuresInARow = 0
            let isRefused = asked.answer.label == nil && asked.answer.response == nil
            if isRefused, !hasAnswers { return doubt(work, asked, nil) }
            if !isRefused { try await trust() }
            try await keep(asked, of: work)
        case .failure(let error as TeacherError): try await take(error, of: work, in: &group)
        case .failure(is CancellationError): return
        case .failure(let error): fatal = fatal ?? error
        }
    }

    private mutating func take(_ error: TeacherError, of work: Work, in group: inout Group) async throws {
        switch error.kind {
        case .budget: result.stop = result.stop ?? .budget(error)
        case .payment: result.stop = result.stop ?? .payment(error)
        case .forbidden:
            let asked = rejected(LabelAnswer.forbidden, error)
            if hasAnswers { try await keep(asked, of: work) } else { doubt(work, asked, error) }
        case .down, .rateLimited: fail(error, of: work, in: &group)
        case .configuration, .unauthorized, .redirected, .notFound, .request, .malformed: fatal = fatal ?? error
        }
    }

    private func rejected(_ reason: String, _ error: TeacherError?) -> Labeler.Asked {
        let answer = LabelAnswer(
            .rejected(reason), response: nil, cost: .zero, topLogprobs: run.labeler.topLogprobs)
        return Labeler.Asked(answer: answer, said: error?.serverWords)
    }

    // MARK: refusals before the first answer

    private mutating func doubt(_ work: Work, _ asked: Labeler.Asked, _ error: TeacherError?) {
        doubtful.append((work, asked, error))
        let forbidden = doubtful.count { $0.error != nil }
        if doubtful.count == LabelingCourse.mostRefusalsAtFirst || forbidden == LabelingCourse.mostForbiddenAtFirst {
            fatal = fatal ?? refusal
        }
    }

    /// The first answer is there: requests as such are right, so the refusals were about their inputs.
    private mutating func trust() async throws {
        hasAnswers = true
        let cleared = doubtful
        doubtful = []
        for (work, asked, _) in cleared { try await keep(asked, of: work) }
    }

    /// At the end: a few refusals beside the labels of earlier runs are about their inputs, all others about everything.
    mutating func settleDoubts() async throws {
        guard !doubtful.isEmpty, result.stop == nil, fatal == nil else { return }
        if answeredInput != nil, doubtful.count < LabelingCourse.mostForbiddenAtFirst {
            try await trust()
        } else {
            fatal = refusal
        }
    }

    /// Why nothing can be labeled: the error of the key, or what all refusals have in common.
    private var refusal: any Error {
        if let error = doubtful.first(where: { $0.error != nil })?.error { return error }
        let reason = doubtful.first?.asked.answer.reason ?? ""
        let words = doubtful.first?.asked.said.map { ": \"\($0)\"" } ?? ""
        let found = "the first \(doubtful.count) requests were all refused (\(reason))\(words)"
        let isMalformed = doubtful.allSatisfy { $0.asked.answer.reason == LabelAnswer.malformed }
        let hint =
            isMalformed
            ? "check --endpoint and --dialect; if they are right, run the same command again when the teacher is back"
            : run.labeler.topLogprobs != nil
                ? "the model may give no log-probabilities: try it without --logprobs"
                : "check --model, --dialect and --teacher-option; nothing of this is kept, the same command asks again"
        return LabelingError("labeling: \(found)", hint: hint, isPassing: isMalformed)
    }

    // MARK: inputs without an answer

    /// An input failed after all retries: it is tried again at the end, a second time for good.
    private mutating func fail(_ error: TeacherError, of work: Work, in group: inout Group) {
        failure = error
        failuresInARow += 1
        if !work.isSecondTry {
            var again = work
            again.isSecondTry = true
            // Who is asked too much gets all the time that there is; who fails gets one more try.
            again.retries = error.kind == .rateLimited ? nil : 0
            setAside.append(again)
        } else if error.kind == .rateLimited {
            result.stop = result.stop ?? .down(error)
        } else {
            givenUp.append(work)
        }
        if failuresInARow >= LabelingCourse.mostFailuresInARow, !isProbing, result.stop == nil { _ = probe(in: &group) }
    }

    /// Whether the teacher answers what it has answered before tells whom the failures are about.
    mutating func takeProbe(_ outcome: Result<Labeler.Asked, any Error>) async throws {
        switch outcome {
        case .success(let asked) where asked.answer.response != nil:
            failuresInARow = 0
            let inputs = givenUp
            givenUp = []
            for work in inputs { try await keep(rejected(LabelAnswer.neverAnswered, failure), of: work) }
        case .success:
            if let failure { result.stop = result.stop ?? .down(failure) }
        case .failure(let error as TeacherError):
            switch error.kind {
            case .budget: result.stop = result.stop ?? .budget(error)
            case .payment: result.stop = result.stop ?? .payment(error)
            case .down, .rateLimited: result.stop = result.stop ?? .down(error)
            default: fatal = fatal ?? error
            }
        case .failure(is CancellationError): return
        case .failure(let error): fatal = fatal ?? error
        }
    }
}
