import Inference

/// What an answer consists of as it comes: the start, pieces of text, and the whole with its figures.
enum AnswerEvent: Sendable {
    /// The request was admitted and its prompt, of so many tokens, fits.
    case started(promptTokens: Int)
    /// So many tokens of the answer were computed; what they say may not be certain yet.
    case tokens(Int)
    /// A piece of text, and the tokens that begin in it.
    case text(String, [GeneratedToken])
    /// What is said in place of an answer.
    case refusal(String)
    case finished(Answer)
}
