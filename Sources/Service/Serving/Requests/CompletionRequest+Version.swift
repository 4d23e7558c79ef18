import Answering
import Architectures
import Checkpoints
import Conversations
import Inference
import PlainText
import Tasks

/// What a request asks, held against the version that is to answer it.
extension CompletionRequest {
    /// - Parameter queue: where the conversation is rendered, if it must be, which may take a while.
    /// - Throws: ``APIError`` that names a field that this version cannot follow.
    func check(against version: ServedVersion, at moment: LocalTime, on queue: WorkQueue) async throws {
        try checkLength(against: version)
        try sampling.check(vocabularySize: version.engine.checkpoint.architecture.vocabularySize)
        guard case .chat(let messages) = content else { return }
        guard let task = version.task else {
            // A message takes a token at least; so many need not be rendered to be too long.
            guard messages.count <= version.contextLength else {
                throw APIError.invalid(
                    "messages: \(messages.count) of them, expected at most \(version.contextLength), "
                        + "the tokens that this model's context has",
                    parameter: "messages", code: "context_length_exceeded")
            }
            guard messages.contains(where: { $0.name != nil || !$0.toolCalls.isEmpty || $0.role == .tool }) else {
                return
            }
            try await queue.run(Cancellation()) { try version.encoder.checkUse(of: messages, at: moment) }
            return
        }
        if task.task.answerSchema != nil { try sampling.checkSchema() }
        guard task.isClosed else { return }
        // The last token of a label ends the turn.
        let longest = task.leastTokens - 1
        try sampling.check(labels: task.task.labelNames, longest: longest)
    }

    /// Refuses what is too long by its bytes alone, before work is spent on its tokens.
    private func checkLength(against version: ServedVersion) throws {
        let count: Int
        switch content {
        case .text(let text): count = text.utf8.count
        case .chat(let messages):
            count =
                version.task.map { $0.task.input(of: messages)?.utf8.count ?? 0 }
                ?? messages.reduce(0) { $0 + $1.content.utf8.count }
        }
        guard let most = version.mostBytes, count > most else { return }
        throw APIError.invalid(
            "this model's context is \(version.contextLength) tokens long; the request has \(count) bytes, "
                + "expected at most \(most), which so many tokens may have",
            parameter: isChat ? "messages" : "prompt", code: "context_length_exceeded")
    }

    /// The places of the messages that the version's task does not look at: it has a prompt of its own, and takes from
    /// a request only its input.
    func ignoredMessages(by version: ServedVersion) -> [Int] {
        guard let task = version.task?.task, case .chat(let messages) = content else { return [] }
        let used = Set(task.inputPlaces(in: messages))
        return messages.indices.filter { !used.contains($0) }
    }
}
