import PlainText

/// The rule for what people say in the history, which prints it for others: one line of words.
enum HistoryWords {
    static func check(_ text: String?, as what: String) throws {
        guard let text, let flaw = text.flawAsLine else { return }
        throw RegistryError(.input, "\(what): \(flaw)")
    }
}
