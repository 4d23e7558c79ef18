public import Conversations
public import JSON
import Tokenizers

extension ChatEncoder {
    /// A prompt and the answer to it.
    ///
    /// The prompt is what a server is given. The answer is the rest of the whole text's tokens, so that prompt and answer
    /// together are what the model's own tokenizer makes of the whole text, wherever that is possible
    /// (``EncodedTurn/isWhole``).
    ///
    /// - Throws: ``ChatTemplateError`` if the template changes what stands before an answer, ends no turn, or leaves out
    ///   something that the answer or a message before it says.
    public func turn(
        _ message: Message, after messages: [Message], tools: [JSONValue]? = nil
    ) throws -> EncodedTurn {
        let prompt = try conversation(messages, tools: tools, addGenerationPrompt: true)
        let whole = try conversation(messages + [message], tools: tools, addGenerationPrompt: false)
        for index in messages.indices where messages[index].saysSomething {
            guard prompt.rendered.spans.contains(where: { $0.messageIndex == index }) else {
                throw ChatTemplateError.leftOut(message: index, messages[index].firstPart)
            }
        }
        var rest = try rest(of: whole, after: prompt, messages, tools)
        guard let end = rest.tokens.ids.firstIndex(where: tokenizer.isEndOfGeneration) else {
            throw ChatTemplateError.answerNotEnded
        }
        rest.tokens.ids.removeLast(rest.tokens.ids.count - end - 1)
        let said = rest.start..<max(rest.start, rest.tokens.utf8Ranges[end].upperBound)
        try check(message, at: messages.count, isWrittenIn: whole.rendered, said, after: messages, tools)
        return EncodedTurn(
            prompt: prompt.tokens.ids, answer: rest.tokens.ids, isWhole: rest.isWhole,
            writesTools: prompt.rendered.writesTools,
            writesNames: try names(of: messages + [message], areIn: whole.rendered, tools))
    }

    /// Found by changing them: a text that stays the same does not have them.
    private func names(
        of messages: [Message], areIn rendered: RenderedConversation, _ tools: [JSONValue]?
    ) throws -> Bool {
        guard messages.contains(where: { $0.name != nil }) else { return true }
        let renamed = messages.map { message in
            var message = message
            if let name = message.name { message.name = name + "x" }
            return message
        }
        return try conversation(renamed, tools: tools, addGenerationPrompt: false).rendered.text != rendered.text
    }

    /// What a whole conversation adds to its prompt.
    private struct Rest {
        var tokens: TokenizedText
        /// The byte of the whole text with which it begins.
        var start: Int
        var isWhole: Bool
    }

    private func rest(
        of whole: EncodedConversation, after prompt: EncodedConversation, _ messages: [Message], _ tools: [JSONValue]?
    ) throws -> Rest {
        let text = whole.rendered.text.utf8
        if text.starts(with: prompt.rendered.text.utf8) {
            var rest = try tail(of: whole, from: prompt.rendered.text.utf8.count)
            let before = whole.tokens.ids.count - rest.tokens.ids.count
            rest.isWhole = rest.isWhole && whole.tokens.ids[..<before].elementsEqual(prompt.tokens.ids)
            return rest
        }
        let history = try conversation(messages, tools: tools, addGenerationPrompt: false).rendered.text.utf8
        guard prompt.rendered.text.utf8.starts(with: history) else { throw ChatTemplateError.answerNotAppended }
        if let border = whole.end(of: prompt.rendered.text.utf8.dropFirst(history.count), before: messages.count) {
            var rest = try tail(of: whole, from: border)
            rest.isWhole = false
            return rest
        }
        return try restAfterOpening(of: whole, after: prompt, historyLength: history.count, messages.count)
    }

    /// The tokens from a byte on.
    private func tail(of whole: EncodedConversation, from border: Int) throws -> Rest {
        let place = whole.firstToken(from: border)
        if place < whole.tokens.ids.count, whole.tokens.utf8Ranges[place].lowerBound < border {
            // One token holds the end of the prompt and the beginning of the answer. A server has all of the prompt's
            // tokens before the answer begins.
            let written = whole.rendered.written.filter { $0.upperBound > border }.map {
                max(0, $0.lowerBound - border)..<($0.upperBound - border)
            }
            var tokens = try tokenizer.encodeWithRanges(
                String(decoding: whole.rendered.text.utf8.dropFirst(border), as: UTF8.self), plain: written,
                continues: true)
            tokens.utf8Ranges = tokens.utf8Ranges.map { ($0.lowerBound + border)..<($0.upperBound + border) }
            return Rest(tokens: tokens, start: border, isWhole: false)
        }
        return Rest(tokens: whole.tokens.dropFirst(place), start: border, isWhole: true)
    }

    /// The same where the prompt ends in words of the template's that it does not write before an answer in a
    /// conversation (an empty think block, say). What it writes in their place the model has to say.
    private func restAfterOpening(
        of whole: EncodedConversation, after prompt: EncodedConversation, historyLength: Int, _ index: Int
    ) throws -> Rest {
        let common = zip(whole.tokens.ids, prompt.tokens.ids).prefix { $0 == $1 }.count
        let covered = common > 0 ? prompt.tokens.utf8Ranges[common - 1].upperBound : 0
        // All that was said before must be the same, and nothing of the answer may be taken for the opening.
        guard covered >= historyLength,
            whole.rendered.spans.allSatisfy({ $0.messageIndex < index || $0.utf8Range.lowerBound >= covered })
        else { throw ChatTemplateError.answerNotAppended }
        return Rest(tokens: whole.tokens.dropFirst(common), start: covered, isWhole: false)
    }
}

extension EncodedConversation {
    /// Where the words with which a template begins an answer end in the last message, the one with this index; nil where it
    /// begins with others. Templates that write the last message before an answer otherwise than one in the middle (its
    /// line end, say) change the prompt, but not these.
    fileprivate func end(of opening: some Collection<UInt8>, before index: Int) -> Int? {
        guard !opening.isEmpty,
            let answer = rendered.spans.first(where: { $0.messageIndex == index })?.utf8Range.lowerBound
        else { return nil }
        let others = rendered.spans.filter { $0.messageIndex < index }.map(\.utf8Range.upperBound).max() ?? 0
        let between = Array(rendered.text.utf8.dropFirst(others).prefix(answer - others))
        guard let last = between.ranges(of: Array(opening)).last else { return nil }
        return others + last.upperBound
    }

    /// The first token that has bytes behind a place, or that stands at the place without having any (a space that a
    /// vocabulary adds).
    fileprivate func firstToken(from border: Int) -> Int {
        let ranges = tokens.utf8Ranges
        // A beginning of text that was added stands before everything.
        let first = addedBeginning == nil ? 0 : 1
        return ranges[first...].firstIndex {
            $0.upperBound > border || ($0.isEmpty && $0.lowerBound == border)
        } ?? ranges.count
    }
}

extension TokenizedText {
    fileprivate func dropFirst(_ count: Int) -> TokenizedText {
        TokenizedText(ids: Array(ids.dropFirst(count)), utf8Ranges: Array(utf8Ranges.dropFirst(count)))
    }
}
