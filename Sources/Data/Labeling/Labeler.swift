import Conversations
import Dialects
import PlainText
import Storage
public import Tasks
public import Teachers

/// Asks a teacher for one label: checks the answer against the task, and asks once more when it does not fit.
///
/// Only an answer that the teacher finished is a label. One that was cut, filtered, refused or that calls a tool is
/// rejected at once: asking the same again would buy the same.
public struct Labeler: Sendable {
    let task: TaskDefinition
    let client: TeacherClient
    let maximumTokens: Int
    let temperature: Double?
    let topLogprobs: Int?

    /// - Parameters:
    ///   - maximumTokens: the most tokens of an answer; nil takes 64 for a label and 1024 for free text or JSON. Room for
    ///     thoughts comes on top where the model needs it.
    ///   - temperature: asked for where the model takes one; nil leaves it to the server.
    ///   - topLogprobs: how many alternatives of each token to ask for with their log-probabilities; nil asks for none.
    public init(
        task: TaskDefinition, client: TeacherClient, maximumTokens: Int? = nil, temperature: Double? = 0,
        topLogprobs: Int? = nil
    ) {
        self.task = task
        self.client = client
        self.maximumTokens = maximumTokens ?? (task.kind == .classification ? 64 : 1024)
        self.temperature = temperature
        self.topLogprobs = topLogprobs
    }

    /// An answer, whether it took a second question, and what was said where there is no label.
    struct Asked: Sendable {
        var answer: LabelAnswer
        var wasAskedAgain = false
        /// The beginning of the teacher's answer, or the server's words.
        var said: String?
        /// Whether nothing was sent, since the answer is there from an earlier time.
        var isKept = false
        /// Whether a refusal is about what the input says, by the server's own words.
        var isAboutContent = false
    }

    /// What one response amounts to.
    private enum Judgement {
        case label(String)
        case unfinished(UnfinishedAnswer)
        /// A whole answer that does not fit the task.
        case unfit(AnswerError, text: String)
    }

    /// Labels one input.
    ///
    /// - Parameters:
    ///   - reuse: which kept responses may stand for new ones.
    ///   - retries: how often a failed request is sent again; nil as the client's options say.
    /// - Throws: a `TeacherError` that says nothing sure about this input: the teacher is down, the key refused, ….
    func label(
        _ input: String, reusing reuse: TeacherClient.Reuse = .all, retries: Int? = nil
    ) async throws -> Asked {
        let messages = task.teacherMessages(for: input)
        var cost = USD.zero
        func ask(_ messages: [Message]) async throws -> TeacherResponse {
            let response = try await client.complete(
                TeacherRequest(
                    messages: messages, maximumTokens: maximumTokens, temperature: temperature,
                    topLogprobs: topLogprobs), reusing: reuse, retries: retries)
            cost += response.cost
            return response
        }
        var asked = Asked(answer: LabelAnswer(.rejected(""), response: nil, cost: .zero, topLogprobs: topLogprobs))
        do {
            var response = try await ask(messages)
            var judgement = judge(response)
            if case .unfit(let problem, let text) = judgement {
                asked.wasAskedAgain = true
                response = try await ask(messages + correction(of: text, problem))
                judgement = judge(response)
            }
            asked.answer.response = response.digest
            asked.isKept = response.isCached
            switch judgement {
            case .label(let label): asked.answer = answer(label, response)
            case .unfinished(let reason): asked.answer.outcome = .rejected(reason.description)
            case .unfit(let problem, _): asked.answer.outcome = .rejected(problem.description)
            }
            if asked.answer.label == nil { asked.said = ShownWords(response.text, limit: 80).text }
        } catch let error as TeacherError {
            asked.answer.outcome = .rejected(try rejection(error))
            asked.isAboutContent = error.isAboutContent
            asked.said = error.serverWords ?? (error.kind == .malformed ? error.description : nil)
        }
        asked.answer.cost = cost
        return asked
    }

    private func judge(_ response: TeacherResponse) -> Judgement {
        let text: String
        do { text = try response.finishedText() } catch { return .unfinished(error) }
        do { return .label(try task.label(fromAnswer: text)) } catch { return .unfit(error, text: text) }
    }

    /// A label with the log-probabilities of its tokens, where they were asked for and can be used.
    private func answer(_ label: String, _ response: TeacherResponse) -> LabelAnswer {
        var answer = LabelAnswer(.label(label), response: response.digest, cost: .zero, topLogprobs: topLogprobs)
        guard topLogprobs != nil else { return answer }
        do throws(LogprobsError) {
            answer.logprobs = try TokenLogprobs(response.logprobs, answer: response.text, label: label)
        } catch {
            answer.withoutLogprobs = error.kind
        }
        return answer
    }

    /// The rejection that an error about this one request amounts to; any other error is thrown on.
    private func rejection(_ error: TeacherError) throws -> String {
        switch error.kind {
        case .request(let status):
            return status < 300
                ? "the request: status \(status) without an answer" : "the request: refused with \(status)"
        case .forbidden where error.isAboutContent: return LabelAnswer.forbidden
        case .malformed: return LabelAnswer.malformed
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
        return (answer.isBlank ? [] : [Message(.assistant, answer)]) + [Message(.user, demand)]
    }
}
