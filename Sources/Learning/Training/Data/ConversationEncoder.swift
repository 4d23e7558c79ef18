public import ChatTemplates
import Conversations
import JSON
public import PlainText
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
        /// Answers whose tokens after the prompt are not those of the whole text (`EncodedTurn.isWhole`).
        var partedAnswers = 0
        /// Whether the line has tools that the template does not write.
        var lacksTools = false
        /// Whether messages have names that the template does not write.
        var lacksNames = false
        /// Why the vocabulary cannot express the line; it has no examples then.
        var unencodable: String?
    }

    func encode(_ line: TrainingLine) throws -> Encoded {
        do {
            return switch line {
            case .conversation(let conversation): try encode(conversation)
            case .preference(let pair): try encode(pair)
            }
        } catch let error as TokenizerError {
            guard case .unencodableCharacter = error else { throw error }
            var encoded = Encoded(unencodable: error.description)
            if case .preference = line { encoded.isPair = true }
            return encoded
        }
    }

    private func encode(_ conversation: TrainingLine.Conversation) throws -> Encoded {
        var encoded = Encoded()
        let messages = conversation.messages
        for (index, message) in messages.enumerated() where message.role == .assistant && message.weight != 0 {
            let before = Array(messages[..<index])
            let turn = try turn(message, after: before, tools: conversation.tools, &encoded)
            var example = ConversationEncoder.example(turn, weight: Float(message.weight ?? 1))
            if let stored = conversation.logProbabilities[index] {
                encoded.taughtAnswers += 1
                if let teacher {
                    let found = try TrainingError.at("message \(index + 1)") {
                        try teacher.distributions(stored, answer: turn.answer, message: message)
                    }
                    encoded.unmappedAlternatives += found.unmappedAlternatives
                    encoded.teacherPlaces += found.places
                    encoded.taughtPlaces += found.distributions.count
                    example.teacher = Dictionary(
                        uniqueKeysWithValues: found.distributions.map { (turn.prompt.count + $0.key, $0.value) })
                }
            }
            encoded.examples.append(example)
        }
        return encoded
    }

    private func encode(_ pair: TrainingLine.Preference) throws -> Encoded {
        var encoded = Encoded(isPair: true)
        let turns = try [pair.chosen, pair.rejected].map {
            try turn($0, after: pair.prompt, tools: pair.tools, &encoded)
        }
        guard turns[0].answer != turns[1].answer else {
            throw TrainingError("two answers of the same tokens, expected one better than the other")
        }
        encoded.examples = turns.map { ConversationEncoder.example($0, weight: 1) }
        return encoded
    }

    /// An answer that counts: it says something, and all that it says is written.
    private func turn(
        _ message: Message, after before: [Message], tools: [JSONValue]?, _ encoded: inout Encoded
    ) throws -> EncodedTurn {
        let place = "message \(before.count + 1)"
        guard !message.toolCalls.isEmpty || message.content.utf8.contains(where: { $0 > 0x20 }) else {
            throw TrainingError(
                "\(place): content: \(message.isContentNull ? "null or missing" : "empty"), "
                    + "expected text or tool_calls in an answer that counts",
                hint: "\"weight\": 0 keeps an answer out of training")
        }
        do {
            let turn = try encoder.turn(message, after: before, tools: tools)
            if !turn.isWhole { encoded.partedAnswers += 1 }
            if tools != nil, !turn.writesTools { encoded.lacksTools = true }
            if !turn.writesNames { encoded.lacksNames = true }
            return turn
        } catch let error as TokenizerError {
            throw error
        } catch ChatTemplateError.leftOut(let message, let field) {
            // It names its message itself.
            throw ChatTemplateError.leftOut(message: message, field)
        } catch {
            throw TrainingError(error, at: "\(place): ")
        }
    }

    private static func example(_ turn: EncodedTurn, weight: Float) -> TrainingExample {
        TrainingExample(
            tokens: turn.prompt + turn.answer,
            weights: [Float](repeating: 0, count: turn.prompt.count)
                + [Float](repeating: weight, count: turn.answer.count))
    }
}
