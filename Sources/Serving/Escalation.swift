import Datasets
import Foundation
import Synchronization
import Teachers

/// The frontier endpoint that answers where the student is not sure enough.
final class Escalation: Sendable {
    /// A label and its punctuation; a teacher that wants to say more is cut short and its answer refused.
    private static let maximumTokens = 64

    private let client: TeacherClient
    private let warn: @Sendable (String) -> Void
    /// The reason of the failure that was last said, so that an outage fills no log.
    private let lastFailure = Mutex<String?>(nil)

    init(_ endpoint: TeacherEndpoint, warn: @escaping @Sendable (String) -> Void) {
        client = TeacherClient(
            endpoint: endpoint,
            options: TeacherOptions(timeout: .seconds(20), maximumRetries: 1, firstRetryDelay: .milliseconds(200)))
        self.warn = warn
    }

    var model: String { client.endpoint.model }

    /// The frontier's label for an input.
    ///
    /// - Throws: `TeacherError` when it gives no answer, `AnswerError` when the answer is no label.
    func label(of input: String, _ task: Datasets.Task) async throws -> String {
        let response = try await client.complete(
            TeacherRequest(messages: task.teacherMessages(for: input), maximumTokens: Escalation.maximumTokens))
        let label = try task.label(fromAnswer: response.text)
        lastFailure.withLock { $0 = nil }
        return label
    }

    /// Says why an escalation failed, once for each run of equal failures.
    func report(_ error: any Error) {
        let reason = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
        let isNew = lastFailure.withLock { last in
            defer { last = reason }
            return last != reason
        }
        if isNew { warn("escalation to \(model) failed, own answers stand: \(reason)") }
    }
}
