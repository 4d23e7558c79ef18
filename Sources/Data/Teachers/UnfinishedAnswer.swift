public import Foundation

/// Why what a teacher said is no answer to learn from. Says nothing of what it said.
public enum UnfinishedAnswer: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    /// At so many tokens.
    case cut(limit: Int)
    case filtered
    case refused
    case toolCall
    case paused
    /// Something broke on the teacher's side.
    case failed
    /// A thought that does not end, and no answer after it.
    case thought
    /// Something beside text: a picture, sound, ….
    case otherParts
    /// Without a word of how it ended.
    case unended
    case other(String)

    public var description: String {
        switch self {
        case .cut(let limit): "the answer: cut at \(limit) tokens"
        case .filtered: "the answer: held back by a filter"
        case .refused: "the answer: a refusal"
        case .toolCall: "the answer: a tool call, expected text"
        case .paused: "the answer: paused in the middle of a turn"
        case .failed: "the answer: broken off by the teacher"
        case .thought: "the answer: a thought that does not end"
        case .otherParts: "the answer: something else than text"
        case .unended: "the answer: not ended (finish_reason: null)"
        case .other(let word): "the answer: ended with '\(word)', not known as an end"
        }
    }

    public var errorDescription: String? { description }

    /// Whether more tokens might have made it whole.
    public var isCut: Bool {
        if case .cut = self { true } else { false }
    }
}
