public import Conversations
import PlainText

extension TaskDefinition {
    /// What the student is shown for an input, in training and in serving alike.
    public func studentMessages(for input: String) -> [Message] { messages(student, input) }

    /// What the teacher is asked for an input.
    public func teacherMessages(for input: String) -> [Message] { messages(teacher, input) }

    private func messages(_ prompt: Prompt, _ input: String) -> [Message] {
        let system = prompt.system.rendered(input: input, labels: labels)
        let user = Message(.user, prompt.user.rendered(input: input, labels: labels))
        return system.isEmpty ? [user] : [Message(.system, system), user]
    }

    /// The text of a conversation that is the input, without white space around it; nil if none of it shows.
    public func input(of messages: [Message]) -> String? {
        let said = inputPlaces(in: messages).map { messages[$0] }
        let text =
            input == .wholeConversation
            ? said.map(TaskDefinition.line(of:)).joined(separator: "\n") : said.first?.content
        guard let trimmed = text.map(TaskDefinition.trimmed), !trimmed.isBlank else { return nil }
        return trimmed
    }

    /// The places of the messages that the input is made of.
    public func inputPlaces(in messages: [Message]) -> [Int] {
        switch input {
        case .lastUserMessage: messages.lastIndex { $0.role == .user }.map { [$0] } ?? []
        case .firstUserMessage: messages.firstIndex { $0.role == .user }.map { [$0] } ?? []
        case .wholeConversation:
            messages.indices.filter { messages[$0].role != .system && messages[$0].role != .developer }
        }
    }

    /// A message of a whole conversation as one piece of text; the calls that an assistant made stand after what it said.
    private static func line(of message: Message) -> String {
        let calls = message.toolCalls.map { "[calls \($0.name) with \($0.arguments)]" }
        let said = (message.content.isEmpty ? [] : [message.content]) + calls
        return "\(message.role.rawValue): \(said.joined(separator: " "))"
    }

    /// The text without white space around it. Scalars are looked at and not characters, so that a mark that combines with
    /// a space stays, and a text that comes in pieces is trimmed as the whole is.
    public static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
