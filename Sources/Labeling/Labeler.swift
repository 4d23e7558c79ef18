import Conversations
public import Datasets
import Storage
public import Teachers

/// Asks a teacher for one label: checks the answer against the task, and asks once more when it does not fit.
public struct Labeler: Sendable {
    let task: Task
    let client: TeacherClient
    let maximumTokens: Int
    let temperature: Double?
    let topLogprobs: Int?

    /// - Parameters:
    ///   - maximumTokens: the most tokens of an answer; nil takes 64 for a label and 1024 for free text or JSON.
    ///   - temperature: nil leaves it to the server.
    ///   - topLogprobs: how many alternatives of each token to ask for with their log-probabilities; nil asks for none.
    public init(
        task: Task, client: TeacherClient, maximumTokens: Int? = nil, temperature: Double? = 0, topLogprobs: Int? = nil
    ) {
        self.task = task
        self.client = client
        self.maximumTokens = maximumTokens ?? (task.kind == .classification ? 64 : 1024)
        self.temperature = temperature
        self.topLogprobs = topLogprobs
    }

    /// An answer, and whether it took a second question.
    struct Asked: Sendable {
        var answer: LabelAnswer
        var wasAskedAgain: Bool
    }

    /// Labels one input.
    ///
    /// - Throws: a `TeacherError` that says nothing about this input: the teacher is down, the key refused, ….
    func label(_ input: String) async throws -> Asked {
        let messages = task.teacherMessages(for: input)
        let first: TeacherResponse
        do {
            first = try await ask(messages)
        } catch let error as TeacherError {
            return Asked(answer: try rejection(error, cost: .zero), wasAskedAgain: false)
        }
        let problem: AnswerError
        do {
            let label = try task.label(fromAnswer: first.text)
            return Asked(answer: answer(label, first, cost: first.cost), wasAskedAgain: false)
        } catch {
            problem = error
        }
        let second: TeacherResponse
        do {
            second = try await ask(messages + correction(of: first.text, problem))
        } catch let error as TeacherError {
            return Asked(answer: try rejection(error, cost: first.cost), wasAskedAgain: true)
        }
        let cost = first.cost + second.cost
        do {
            let label = try task.label(fromAnswer: second.text)
            return Asked(answer: answer(label, second, cost: cost), wasAskedAgain: true)
        } catch {
            let reason = Labeler.wasCutShort(second) ? "\(error) (cut at \(maximumTokens) tokens)" : "\(error)"
            return Asked(answer: rejection(reason, second.digest, cost: cost), wasAskedAgain: true)
        }
    }

    /// A label with the log-probabilities of its tokens, where they were asked for and can be used.
    private func answer(_ label: String, _ response: TeacherResponse, cost: USD) -> LabelAnswer {
        var answer = LabelAnswer(.label(label), response: response.digest, cost: cost, topLogprobs: topLogprobs)
        guard topLogprobs != nil else { return answer }
        do throws(LogprobsError) {
            if Labeler.wasCutShort(response) { throw .truncated }
            answer.logprobs = try TokenLogprobs(response.logprobs, answer: response.text, label: label)
        } catch {
            answer.withoutLogprobs = error.kind
        }
        return answer
    }

    private func rejection(_ reason: String, _ response: ContentDigest?, cost: USD) -> LabelAnswer {
        LabelAnswer(.rejected(reason), response: response, cost: cost, topLogprobs: topLogprobs)
    }

    private func ask(_ messages: [Message]) async throws -> TeacherResponse {
        try await client.complete(
            TeacherRequest(
                messages: messages, maximumTokens: maximumTokens, temperature: temperature, topLogprobs: topLogprobs))
    }

    private static func wasCutShort(_ response: TeacherResponse) -> Bool {
        response.finishReason == "length" || response.finishReason == "max_tokens"
    }

    /// The rejection that an error about this one request amounts to; any other error is thrown on.
    private func rejection(_ error: TeacherError, cost: USD) throws -> LabelAnswer {
        switch error.kind {
        case .request(let status):
            rejection("the request: refused with \(status)", nil, cost: cost)
        case .malformed: rejection("the response: malformed", nil, cost: cost)
        default: throw error
        }
    }

    private func correction(of answer: String, _ problem: AnswerError) -> [Message] {
        let demand =
            switch task.kind {
            case .classification:
                "That is not one of the labels. Answer with exactly one of them and nothing else: "
                    + task.labelNames.joined(separator: ", ")
            case .generation: "That does not have the form asked for (\(problem)). Answer again, in that form only."
            }
        // APIs refuse a message without text.
        let said = answer.isEmpty ? [] : [Message(.assistant, answer)]
        return said + [Message(.user, demand)]
    }
}
