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
        /// When the run of failures began that the newest attempt belongs to.
        var failingSince: Date?
    }

    /// A label and its punctuation; a teacher that wants to say more is cut short and its answer refused.
    private static let labelTokens = 64
    /// How an answer ends that says all it was to say, in either dialect. A label that was cut may be another label.
    private static let finished: Set<String> = ["stop", "end_turn", "stop_sequence"]

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
    /// - Throws: `TeacherError` when it gives no answer, `AnswerError` when the task does not allow it, ``ServingError`` when
    ///   it was cut.
    func answer(to input: String, _ task: Datasets.Task) async throws -> String {
        let most = task.kind == .classification ? Escalation.labelTokens : task.maximumTokens
        let response = try await client.complete(
            TeacherRequest(messages: task.teacherMessages(for: input), maximumTokens: most))
        if let reason = response.finishReason, !Escalation.finished.contains(reason) {
            throw ServingError("its answer ended by '\(reason.prefix(40))', expected a finished one")
        }
        let answer = try task.label(fromAnswer: response.text)
        state.withLock { state in
            state.answered += 1
            state.failure = nil
            state.failingSince = nil
        }
        return answer
    }

    /// Counts a failure and says why, once for each run of equal ones, so that an outage fills no log.
    func report(_ error: any Error, now: Date = Date()) {
        let reason = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
        let isNew = state.withLock { state in
            defer {
                state.failed += 1
                state.failure = reason
                state.failingSince = state.failingSince ?? now
            }
            return state.failure != reason
        }
        if isNew { warn("escalation to \(model) failed, own answers stand: \(reason)") }
    }
}
