import Conversations
import Datasets
import Foundation
import Synchronization
import Teachers

/// The frontier endpoint that answers where the student is not sure enough.
final class Escalation: Sendable {
    /// How it went so far.
    struct Condition: Sendable {
        var answered = 0
        var failed = 0
        /// Why the newest attempt failed; nil when it did not.
        var failure: String?
        /// When the run of failures began that the newest attempt belongs to, and how long it is.
        var failingSince: Date?
        var failuresInRow = 0
        /// Whether the newest failure concerns more than its own request.
        var concernsAll = false

        /// Whether the frontier is as good as gone: it cannot be asked, or gave no answer of use several times in a row.
        var isDown: Bool { failure != nil && (concernsAll || failuresInRow >= 3) }
    }

    /// A label and its punctuation; a teacher that wants to say more is cut short and its answer refused.
    private static let labelTokens = 64

    private let client: TeacherClient
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(Condition())

    init(_ endpoint: TeacherEndpoint, warn: @escaping @Sendable (String) -> Void) {
        client = TeacherClient(
            endpoint: endpoint,
            options: TeacherOptions(timeout: .seconds(20), maximumRetries: 1, firstRetryDelay: .milliseconds(200)))
        self.warn = warn
    }

    var model: String { client.endpoint.model }
    var dialect: String { client.endpoint.dialect.rawValue }
    var condition: Condition { state.withLock { $0 } }

    /// The frontier's answer to an input, as the task wants answers.
    ///
    /// - Throws: `TeacherError` when it gives no answer, `UnfinishedAnswer` when it did not finish it, `AnswerError` when the
    ///   task does not allow it.
    func answer(to input: String, _ task: Datasets.Task) async throws -> String {
        let most = task.kind == .classification ? Escalation.labelTokens : task.maximumTokens
        let response = try await client.complete(
            TeacherRequest(messages: task.teacherMessages(for: input), maximumTokens: most))
        let answer = try task.label(fromAnswer: try response.finishedText())
        state.withLock { state in
            state.answered += 1
            state.failure = nil
            state.failingSince = nil
            state.failuresInRow = 0
        }
        return answer
    }

    /// Counts a failure and says why, once for each run of equal ones, so that an outage fills no log.
    func report(_ error: any Error, now: Date = Date()) {
        let reason = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
        let isNew = state.withLock { state in
            defer {
                state.failed += 1
                state.failuresInRow += 1
                state.concernsAll = Escalation.concernsAll(error)
                state.failure = reason
                state.failingSince = state.failingSince ?? now
            }
            return state.failure != reason
        }
        if isNew { warn("escalation to \(model) failed, own answers stand: \(reason)") }
    }

    private static func concernsAll(_ error: any Error) -> Bool {
        guard let error = error as? TeacherError else { return false }
        return error.isOutage || error.concernsAllRequests
    }
}
