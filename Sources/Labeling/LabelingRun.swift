import Conversations
public import Datasets
import Foundation
import Storage
public import Teachers

/// Labels many inputs at once: identical ones one time, finished ones never again, each answer kept as it comes.
public struct LabelingRun: Sendable {
    let labeler: Labeler
    let store: LabelStore
    let scope: LabelStore.Scope
    let budget: Budget
    /// How many requests are on their way at a time.
    let concurrency: Int
    /// Whether inputs that were rejected in earlier runs are asked again.
    let retriesRejected: Bool

    public init(
        labeler: Labeler, store: LabelStore, budget: Budget, concurrency: Int = 8, retriesRejected: Bool = false
    ) {
        self.labeler = labeler
        self.store = store
        self.budget = budget
        self.concurrency = max(1, concurrency)
        self.retriesRejected = retriesRejected
        let endpoint = labeler.client.endpoint
        scope = LabelStore.Scope(task: labeler.task, dialect: endpoint.dialect, model: endpoint.model)
    }

    /// So many inputs in a row without an answer, after all retries of each, mean that the teacher is down.
    static let mostFailuresInARow = 3
    /// So many refused requests without a single success mean that the requests are wrong as such.
    static let mostRefusalsAtFirst = 10
    /// How long requests on their way may go on after a reason to stop: each of them may be paid for already.
    static let grace = Duration.seconds(5)

    private enum Event: Sendable {
        case asked(ContentDigest, Result<Labeler.Asked, any Error>)
        /// Time to look at the clock and at the wish to stop.
        case tick
    }

    /// Labels what has no answer yet.
    ///
    /// - Parameters:
    ///   - isStopRequested: asked a few times a second.
    ///   - onProgress: told a few times a second, and at the end.
    /// - Throws: a `TeacherError` that will not go away by itself (the key, the model, the endpoint), or what the
    ///   database throws. Budget, outage and interruption are no errors here but ``LabelingResult/stop``.
    public func run(
        _ inputs: [LabelInput], isStopRequested: @escaping @Sendable () -> Bool = { false },
        onProgress: @escaping @Sendable (LabelingProgress) -> Void = { _ in }
    ) async throws -> LabelingResult {
        var result = LabelingResult()
        let known = try await store.answers(scope)
        var pending: [(digest: ContentDigest, input: String)] = []
        var seen: Set<ContentDigest> = []
        for input in inputs {
            let digest = input.digest
            guard seen.insert(digest).inserted else { continue }
            if let answer = known[digest], stands(answer) {
                result.answers[digest] = answer
            } else {
                pending.append((digest, input.input))
            }
        }
        result.distinct = seen.count
        result.kept = result.answers.count
        let work = pending
        try await withThrowingTaskGroup(of: Event.self) { group in
            try await ask(work, known: known, in: &group, &result, isStopRequested, onProgress)
        }
        tally(&result)
        return result
    }

    /// Whether an earlier answer is the one that is wanted now: a request for other log-probabilities is another
    /// request, but a label stands where none are asked for.
    private func stands(_ answer: LabelAnswer) -> Bool {
        let isSameRequest = answer.topLogprobs == labeler.topLogprobs
        guard answer.label != nil else { return isSameRequest && !retriesRejected }
        return isSameRequest || labeler.topLogprobs == nil
    }

    /// What is kept of a new answer: one that is no label does not take the place of a label.
    private func kept(_ answer: LabelAnswer, before earlier: LabelAnswer?) -> LabelAnswer {
        guard answer.label == nil, var earlier, earlier.label != nil else { return answer }
        earlier.topLogprobs = answer.topLogprobs
        earlier.logprobs = nil
        earlier.withoutLogprobs = .missing
        return earlier
    }

    private func ask(
        _ pending: [(digest: ContentDigest, input: String)], known: [ContentDigest: LabelAnswer],
        in group: inout ThrowingTaskGroup<Event, any Error>, _ result: inout LabelingResult,
        _ isStopRequested: @Sendable () -> Bool,
        _ onProgress: @Sendable (LabelingProgress) -> Void
    ) async throws {
        let start = ContinuousClock.now
        var next = 0, running = 0, failuresInARow = 0, refusals = 0, answered = 0
        var failure: TeacherError?
        var fatal: (any Error)?
        var cancelsAt: ContinuousClock.Instant?
        func addTick() {
            group.addTask {
                // Cancelled together with the requests; then the last tick comes early.
                do { try await _Concurrency.Task.sleep(for: .milliseconds(200)) } catch { return .tick }
                return .tick
            }
        }
        func progress() async {
            let seconds = max(1e-3, Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000)
            onProgress(
                LabelingProgress(
                    done: result.answers.count, total: result.distinct, spent: await budget.spent,
                    rate: Double(answered) / seconds))
        }
        addTick()
        while true {
            while running < concurrency, next < pending.count, result.stop == nil, fatal == nil, !isStopRequested() {
                let (digest, input) = pending[next]
                next += 1
                running += 1
                group.addTask { [labeler] in
                    do { return .asked(digest, .success(try await labeler.label(input))) } catch {
                        return .asked(digest, .failure(error))
                    }
                }
            }
            if running == 0 { break }
            guard let event = try await group.next() else { break }
            switch event {
            case .tick:
                await progress()
                if isStopRequested(), result.stop == nil { result.stop = .interrupted }
                if cancelsAt == nil, fatal != nil || result.stop?.isUrgent == true {
                    cancelsAt = .now + LabelingRun.grace
                }
                if let cancelsAt, .now >= cancelsAt { group.cancelAll() } else { addTick() }
            case .asked(let digest, .success(let asked)):
                running -= 1
                answered += 1
                failuresInARow = 0
                let answer = kept(asked.answer, before: known[digest])
                result.answers[digest] = answer
                if asked.wasAskedAgain { result.askedAgain += 1 }
                try await store.put(answer, input: digest, scope)
                guard asked.answer.label == nil, asked.answer.response == nil else {
                    refusals = -1
                    continue
                }
                if refusals >= 0 { refusals += 1 }
                if refusals == LabelingRun.mostRefusalsAtFirst, case .rejected(let reason) = asked.answer.outcome {
                    fatal = LabelingError(
                        "labeling: the first \(refusals) requests were all refused (\(reason))",
                        hint: labeler.topLogprobs == nil
                            ? "check --model and --dialect; after a fix add --retry-rejected"
                            : "the model may give no log-probabilities: try it without --logprobs")
                }
            case .asked(_, .failure(let error)):
                running -= 1
                if error is CancellationError { continue }
                guard let error = error as? TeacherError, error.kind == .budget || error.isOutage else {
                    fatal = fatal ?? error
                    continue
                }
                if error.kind == .budget {
                    result.stop = result.stop ?? .budget(error)
                    continue
                }
                failure = error
                failuresInARow += 1
                if failuresInARow >= LabelingRun.mostFailuresInARow { result.stop = result.stop ?? .down(error) }
            }
        }
        group.cancelAll()
        if isStopRequested(), result.answers.count < result.distinct, result.stop == nil { result.stop = .interrupted }
        if let failure, result.stop == nil { result.stop = .down(failure) }
        await progress()
        if let fatal { throw fatal }
    }

    private func tally(_ result: inout LabelingResult) {
        for answer in result.answers.values {
            switch answer.outcome {
            case .label:
                result.labeled += 1
                if answer.logprobs != nil { result.withLogprobs += 1 }
                if let reason = answer.withoutLogprobs { result.withoutLogprobs[reason, default: 0] += 1 }
            case .rejected(let reason):
                result.rejected += 1
                result.reasons[reason, default: 0] += 1
            }
        }
    }

    /// The labeled examples of inputs, by time and then by id: the same labels give the same bytes.
    ///
    /// What a label cost stands at the first example that has its input, so that the costs add up.
    ///
    /// - Throws: `DatasetError` where a slice's pattern takes too long on an input.
    public func examples(of inputs: [LabelInput], _ result: LabelingResult) throws -> [LabeledExample] {
        var charged: Set<ContentDigest> = []
        let ordered = inputs.sorted { left, right in
            let times = (left.time ?? .distantPast, right.time ?? .distantPast)
            if times.0 != times.1 { return times.0 < times.1 }
            return (left.interaction?.hex ?? "", left.input) < (right.interaction?.hex ?? "", right.input)
        }
        let task = labeler.task
        let endpoint = labeler.client.endpoint
        let examples = try ordered.compactMap { input -> LabeledExample? in
            guard let answer = result.answers[input.digest], let label = answer.label else { return nil }
            let cost = charged.insert(input.digest).inserted ? answer.cost : .zero
            let slices = try task.slices(of: TaskSlice.Subject(input: input.input, label: label, time: input.time))
            return LabeledExample(
                interaction: input.interaction, time: input.time, input: input.input, label: label, slices: slices,
                source: LabeledExample.Source(
                    teacher: endpoint.dialect.rawValue, model: endpoint.model, response: answer.response,
                    costUSD: cost.dollars),
                logprobs: answer.logprobs)
        }
        return examples.sorted {
            ($0.time ?? .distantPast, $0.id.hex) < ($1.time ?? .distantPast, $1.id.hex)
        }
    }
}
