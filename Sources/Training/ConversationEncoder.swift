public import Conversations
public import Tokenizers

/// Turns a line into the tokens that serving sees, and marks those that the model should say.
///
/// Every assistant message that counts becomes an example of its own: the prompt is what serving would render for
/// the messages before it, the answer is what the template adds for it, the tools that it calls among it, up to the token
/// that ends the turn. Turns of one conversation share their beginning, and ``PackedBatch`` computes that once.
public struct ConversationEncoder: Sendable {
    private let encoder: ChatEncoder
    private let teacher: TeacherTokens?
    /// The date that prompts print; nil where the template prints none.
    let date: LocalTime?

    /// - Parameters:
    ///   - date: what a template that prints the date is told.
    ///   - readsTeacher: whether a teacher's log-probabilities are wanted.
    public init(tokenizer: Tokenizer, template: ChatTemplate, date: LocalTime, readsTeacher: Bool = false) {
        encoder = ChatEncoder(tokenizer: tokenizer, template: template, now: date)
        self.date = template.tellsTime ? date : nil
        teacher = readsTeacher ? TeacherTokens(tokenizer) : nil
    }

    /// What a line gives.
    struct Encoded {
        /// One for each answer that counts; of a preference, the better answer and the worse.
        var examples: [TrainingExample] = []
        var isPair = false
        /// Answers that carry log-probabilities, and what could not be used of these.
        var taughtAnswers = 0
        var teacherPlaces = 0
        var taughtPlaces = 0
        var unmappedAlternatives = 0
    }

    func encode(_ line: TrainingLine) throws -> Encoded {
        switch line {
        case .conversation(let conversation): try encode(conversation)
        case .preference(let pair): try encode(pair)
        }
    }

    private func encode(_ conversation: TrainingLine.Conversation) throws -> Encoded {
        var encoded = Encoded()
        let messages = conversation.messages
        for (index, message) in messages.enumerated() where message.role == .assistant && message.weight != 0 {
            let before = Array(messages[..<index])
            let prompt = try encoder.prompt(before, tools: conversation.tools)
            let answer = try encoder.answer(message, after: before, tools: conversation.tools)
            var example = ConversationEncoder.example(prompt, answer, weight: Float(message.weight ?? 1))
            if let stored = conversation.logProbabilities[index] {
                encoded.taughtAnswers += 1
                if let teacher {
                    do {
                        let found = try teacher.distributions(stored, answer: answer, message: message)
                        encoded.unmappedAlternatives += found.unmappedAlternatives
                        encoded.teacherPlaces += found.places
                        encoded.taughtPlaces += found.distributions.count
                        example.teacher = Dictionary(
                            uniqueKeysWithValues: found.distributions.map { (prompt.count + $0.key, $0.value) })
                    } catch let error as TrainingError {
                        throw TrainingError("message \(index + 1): \(error.description)")
                    }
                }
            }
            encoded.examples.append(example)
        }
        return encoded
    }

    private func encode(_ pair: TrainingLine.Preference) throws -> Encoded {
        let prompt = try encoder.prompt(pair.prompt, tools: pair.tools)
        let answers = try [pair.chosen, pair.rejected].map {
            try encoder.answer($0, after: pair.prompt, tools: pair.tools)
        }
        guard answers[0] != answers[1] else {
            throw TrainingError("two answers of the same tokens, expected one better than the other")
        }
        return Encoded(examples: answers.map { ConversationEncoder.example(prompt, $0, weight: 1) }, isPair: true)
    }

    private static func example(_ prompt: [TokenID], _ answer: [TokenID], weight: Float) -> TrainingExample {
        TrainingExample(
            tokens: prompt + answer,
            weights: [Float](repeating: 0, count: prompt.count) + [Float](repeating: weight, count: answer.count))
    }
}
