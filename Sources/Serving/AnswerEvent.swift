/// What an answer consists of as it comes: the start, pieces of text, and the whole with its figures.
enum AnswerEvent: Sendable {
    /// The request was admitted and its prompt fits.
    case started
    case text(String)
    case finished(Answer)
}
