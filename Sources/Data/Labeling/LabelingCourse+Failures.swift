import Storage
import Teachers

extension LabelingCourse {
    /// Takes what came of an input.
    mutating func take(
        _ outcome: Result<Labeler.Asked, any Error>, of work: Work, in group: inout Group
    ) async throws {
        switch outcome {
        case .success(let asked):
            let isRefused = asked.answer.label == nil && asked.answer.response == nil
            // What was kept of an earlier run says nothing of the teacher as it is now.
            if asked.isKept { return try await keep(asked, of: work) }
            failuresInARow = 0
            if isRefused, !asked.isAboutContent { return doubt(work, asked, nil, in: &group) }
            if !isRefused { try await trust(turn: work.turn) }
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
        case .forbidden: doubt(work, rejected(LabelAnswer.forbidden, error), error, in: &group)
        case .down, .rateLimited: fail(error, of: work, in: &group)
        case .configuration, .unauthorized, .redirected, .notFound, .request, .malformed, .noTurn:
            fatal = fatal ?? error
        }
    }

    private func rejected(_ reason: String, _ error: TeacherError?) -> Labeler.Asked {
        let answer = LabelAnswer(
            .rejected(reason), response: nil, cost: .zero, topLogprobs: run.labeler.topLogprobs)
        return Labeler.Asked(answer: answer, said: error?.serverWords)
    }

    // MARK: refusals in a row

    /// A refusal may be about its input or about everything: it is held back until an answer comes. Many in a row without
    /// one are asked about with a probe, and are about everything where there is nothing to probe with.
    private mutating func doubt(
        _ work: Work, _ asked: Labeler.Asked, _ error: TeacherError?, in group: inout Group
    ) {
        doubtful.append(Doubt(work: work, asked: asked, error: error, sent: sent))
        let forbidden = doubtful.count { $0.error != nil }
        guard doubtful.count >= LabelingCourse.mostRefusalsInARow || forbidden >= LabelingCourse.mostForbiddenInARow,
            !isProbing, result.stop == nil, fatal == nil
        else { return }
        if !probe(in: &group) { fatal = refusal }
    }

    /// An answer is there: requests as such are right, so the refusals that came before it was asked for were about
    /// their inputs.
    private mutating func trust(turn: Int) async throws {
        let cleared = doubtful.filter { $0.sent < turn }
        doubtful.removeAll { $0.sent < turn }
        for doubt in cleared { try await keep(doubt.asked, of: doubt.work) }
    }

    /// Why nothing can be labeled: the error of the key, or what all refusals have in common.
    var refusal: any Error {
        if let error = doubtful.first(where: { $0.error != nil })?.error { return error }
        let reason = doubtful.first?.asked.answer.reason ?? ""
        var words: [String] = []
        for said in doubtful.compactMap(\.asked.said) where !words.contains(said) { words.append("\"\(said)\"") }
        let shown = words.isEmpty ? "" : ": " + words.prefix(LabelingResult.mostExamples).joined(separator: ", ")
        let which = result.answers.isEmpty ? "first" : "last"
        let isMalformed = doubtful.allSatisfy { $0.asked.answer.reason == LabelAnswer.malformed }
        let hint =
            isMalformed
            ? "check --endpoint and --dialect; if they are right, run the same command again when the teacher is back"
            : run.labeler.topLogprobs != nil
                ? "the model may give no log-probabilities: try it without --logprobs"
                : "check --model, --dialect and --teacher-option; nothing of this is kept, the same command asks again"
        return LabelingError(
            "labeling: the \(which) \(doubtful.count) requests were all refused (\(reason))\(shown)", hint: hint,
            isPassing: isMalformed)
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
        guard failuresInARow >= LabelingCourse.mostFailuresInARow, !isProbing, result.stop == nil else { return }
        if !probe(in: &group) { result.stop = .down(error) }
    }

    /// Whether the teacher answers what it has answered before tells whom the failures are about.
    mutating func takeProbe(_ outcome: Result<Labeler.Asked, any Error>, turn: Int) async throws {
        switch outcome {
        case .success(let asked) where asked.answer.response != nil:
            failuresInARow = 0
            try await trust(turn: turn)
            let inputs = givenUp
            givenUp = []
            for work in inputs { try await keep(rejected(LabelAnswer.neverAnswered, failure), of: work) }
        case .success:
            // Refused, although it was answered before.
            if !doubtful.isEmpty {
                fatal = fatal ?? refusal
            } else if let failure {
                result.stop = result.stop ?? .down(failure)
            }
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
