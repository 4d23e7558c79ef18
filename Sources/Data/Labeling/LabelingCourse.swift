import Conversations
import Dialects
import Foundation
import Storage
import Teachers

/// One run of labeling while it goes on: what is to be asked, what is on its way, and which failures there were.
///
/// A failure is about one input only if others are answered. So a refusal is held back until the next answer comes, and
/// what failed after all retries is tried again at the end. Where no answer comes that could tell, an input that was
/// answered before is asked once more: the probe.
struct LabelingCourse {
    /// An input to ask for.
    struct Work: Sendable {
        var digest: ContentDigest
        var input: String
        var reuse = TeacherClient.Reuse.all
        var isSecondTry = false
        /// How often a failed request is sent again; nil as the options say.
        var retries: Int?
        /// Which of the run's requests it became; 0 before it is sent.
        var turn = 0
    }

    /// A refusal that is held back.
    struct Doubt {
        var work: Work
        var asked: Labeler.Asked
        var error: TeacherError?
        /// How many requests were sent when it came. Only a later one can tell whom it is about: what was on its way
        /// already may have been answered before everything began to be refused.
        var sent: Int
    }

    enum Event: Sendable {
        case asked(Work, Result<Labeler.Asked, any Error>)
        /// What came when an answered input was asked once more.
        case probed(turn: Int, Result<Labeler.Asked, any Error>)
        /// Time to look at the clock and at the wish to stop.
        case tick
    }

    typealias Group = ThrowingTaskGroup<Event, any Error>

    /// So many inputs in a row without an answer, after all retries of each, may mean that the teacher is down.
    static let mostFailuresInARow = 3
    /// So many refused requests in a row may mean that the requests are wrong as such.
    static let mostRefusalsInARow = 10
    /// The same of 403, which is the key's fault more often than the input's.
    static let mostForbiddenInARow = 3
    /// How long requests on their way may go on after a reason to stop: each of them may be paid for already.
    static let grace = Duration.seconds(5)

    let run: LabelingRun
    private let known: [ContentDigest: LabelAnswer]
    private let isStopRequested: @Sendable () -> Bool
    private let onProgress: @Sendable (LabelingProgress) -> Void
    private let start = ContinuousClock.now

    var result = LabelingResult()
    var pending: [Work] = []
    private var next = 0
    var running = 0
    /// Requests sent so far.
    var sent = 0
    private var answered = 0
    var isProbing = false
    var fatal: (any Error)?
    private var cancelsAt: ContinuousClock.Instant?

    var failure: TeacherError?
    var failuresInARow = 0
    /// Inputs that failed once, and for good.
    var setAside: [Work] = []
    var givenUp: [Work] = []
    /// Refusals since the last answer.
    var doubtful: [Doubt] = []
    /// An input that the teacher has labeled.
    var answeredInput: String?

    init(
        run: LabelingRun, known: [ContentDigest: LabelAnswer], _ isStopRequested: @escaping @Sendable () -> Bool,
        _ onProgress: @escaping @Sendable (LabelingProgress) -> Void
    ) {
        self.run = run
        self.known = known
        self.isStopRequested = isStopRequested
        self.onProgress = onProgress
    }

    /// Takes an answer of an earlier run.
    mutating func take(_ answer: LabelAnswer, _ digest: ContentDigest, _ input: String) {
        result.answers[digest] = answer
        result.kept += 1
        result.distinct += 1
        if answer.label != nil { answeredInput = answeredInput ?? input }
    }

    mutating func add(_ work: Work) {
        pending.append(work)
        result.distinct += 1
    }

    /// Asks for everything; each answer is kept as it comes.
    mutating func go(in group: inout Group) async throws {
        addTick(to: &group)
        while true {
            launch(in: &group)
            guard running > 0 else {
                guard !isStopping, beginsAnotherPass(in: &group) else { break }
                continue
            }
            guard let event = try await group.next() else { break }
            switch event {
            case .tick: await tick(in: &group)
            case .asked(let work, let outcome):
                running -= 1
                try await take(outcome, of: work, in: &group)
            case .probed(let turn, let outcome):
                running -= 1
                isProbing = false
                try await takeProbe(outcome, turn: turn)
            }
        }
        group.cancelAll()
        if isStopRequested(), result.answers.count < result.distinct, result.stop == nil { result.stop = .interrupted }
        await progress()
        if let fatal { throw fatal }
        result.tally()
    }

    private var isStopping: Bool { result.stop != nil || fatal != nil || isStopRequested() }

    private mutating func launch(in group: inout Group) {
        while running < run.concurrency, next < pending.count, !isProbing, !isStopping {
            var work = pending[next]
            work.turn = send()
            next += 1
            group.addTask { [labeler = run.labeler, work] in
                do {
                    return .asked(
                        work, .success(try await labeler.label(work.input, reusing: work.reuse, retries: work.retries)))
                } catch {
                    return .asked(work, .failure(error))
                }
            }
        }
    }

    /// When nothing is on its way any more: second tries first, then a probe for what nothing else can tell of.
    private mutating func beginsAnotherPass(in group: inout Group) -> Bool {
        if !setAside.isEmpty {
            (pending, next, setAside) = (setAside, 0, [])
            failuresInARow = 0
            return true
        }
        guard !givenUp.isEmpty || !doubtful.isEmpty else { return false }
        if probe(in: &group) { return true }
        if !doubtful.isEmpty {
            fatal = refusal
        } else if let failure {
            result.stop = .down(failure)
        }
        return false
    }

    /// Asks an input again that was answered, past the cache; false where there is none.
    mutating func probe(in group: inout Group) -> Bool {
        guard let answeredInput else { return false }
        isProbing = true
        let turn = send()
        group.addTask { [labeler = run.labeler] in
            do { return .probed(turn: turn, .success(try await labeler.label(answeredInput, reusing: .none))) } catch {
                return .probed(turn: turn, .failure(error))
            }
        }
        return true
    }

    /// Counts a request that is being sent, and gives its turn.
    private mutating func send() -> Int {
        running += 1
        sent += 1
        return sent
    }

    private func addTick(to group: inout Group) {
        group.addTask {
            // Cancelled together with the requests; then the last tick comes early.
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return .tick }
            return .tick
        }
    }

    private mutating func tick(in group: inout Group) async {
        await progress()
        if isStopRequested(), result.stop == nil { result.stop = .interrupted }
        if cancelsAt == nil, fatal != nil || result.stop?.isUrgent == true { cancelsAt = .now + LabelingCourse.grace }
        if let cancelsAt, .now >= cancelsAt { group.cancelAll() } else { addTick(to: &group) }
    }

    private func progress() async {
        let seconds = max(1e-3, Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000)
        onProgress(
            LabelingProgress(
                done: result.answers.count, total: result.distinct, spent: await run.budget.spent,
                rate: Double(answered) / seconds))
    }

    /// Keeps an answer, in the workspace as well; one that is no label does not take the place of a label.
    mutating func keep(_ asked: Labeler.Asked, of work: Work) async throws {
        answered += 1
        var answer = asked.answer
        if answer.label == nil, var earlier = known[work.digest], earlier.label != nil {
            earlier.topLogprobs = answer.topLogprobs
            earlier.logprobs = nil
            earlier.withoutLogprobs = .missing
            answer = earlier
        }
        if answer.label != nil { answeredInput = work.input }
        if asked.wasAskedAgain { result.askedAgain += 1 }
        result.answers[work.digest] = answer
        result.show(asked)
        try await run.store.put(answer, input: work.digest, run.scope)
    }
}
