public import Conversations
public import JSON
import PlainText
import Tokenizers

extension ChatEncoder {
    /// What the template and the vocabulary put around an answer to these messages.
    ///
    /// - Throws: what ``turn(_:after:tools:)`` throws.
    public func answerFrame(after messages: [Message], tools: [JSONValue]? = nil) throws -> AnswerFrame {
        let word = "Answer"
        let plain = try around(word, Message(.assistant, word), messages, tools)
        let thought = "Thought"
        let reasoning: AnswerFrame.Reasoning?
        do {
            let whole = try around(word, Message(.assistant, word, reasoning: thought), messages, tools)
            let before = Array(whole.before.utf8)
            reasoning = before.place(of: Array(thought.utf8)).map {
                AnswerFrame.Reasoning(
                    opening: String(decoding: before[..<$0.lowerBound], as: UTF8.self),
                    closing: String(decoding: before[$0.upperBound...], as: UTF8.self))
            }
        } catch is ChatTemplateError {
            // A template that does not write reasoning.
            reasoning = nil
        }
        return AnswerFrame(prefix: plain.before, suffix: plain.behind, reasoning: reasoning)
    }

    /// What a generated answer has before a word of its content and behind it.
    private func around(
        _ word: String, _ message: Message, _ messages: [Message], _ tools: [JSONValue]?
    ) throws -> (before: String, behind: String) {
        let answer = try turn(message, after: messages, tools: tools).answer
        // As generation spells it: with a space, perhaps, that only a vocabulary adds.
        let text = answer.dropLast().flatMap { tokenizer.piece($0) }
        guard let place = text.lastRange(of: Array(word.utf8)) else {
            throw ChatTemplateError.leftOut(message: messages.count, "content")
        }
        return (
            String(decoding: text[..<place.lowerBound], as: UTF8.self),
            String(decoding: text[place.upperBound...], as: UTF8.self)
        )
    }
}
