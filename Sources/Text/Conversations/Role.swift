/// Who speaks in a ``Message``, in the words of the OpenAI chat-completion shape.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case system
    case developer
    case user
    case assistant
    case tool
}
