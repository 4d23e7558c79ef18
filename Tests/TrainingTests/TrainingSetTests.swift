import Checkpoints
import Foundation
import Storage
import Testing
import TestSupport
import Tokenizers
import Training

/// Files of conversations, good and bad, read with the bundled base.
@Suite struct TrainingSetTests {
    private func encoder() throws -> ConversationEncoder {
        let checkpoint = try Checkpoint(path: Checkout.base)
        return ConversationEncoder(
            tokenizer: try checkpoint.tokenizer, template: try checkpoint.template, date: Fixtures.someDay)
    }

    private func read(_ text: String, maximumLength: Int = 1024) throws -> TrainingSet {
        let folder = try ScratchFolder()
        let path = try folder.write("set.jsonl", text)
        do {
            return try TrainingSet(path: path, encoder: encoder(), maximumLength: maximumLength)
        } catch let error as TrainingError {
            throw TrainingError(error.description.replacingOccurrences(of: path, with: "F"))
        }
    }

    @Test func everyAnswerThatCountsIsAnExampleAndOnlyItsTokensCount() throws {
        let set = try read(
            #"{"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Hello."},"#
                + #"{"role":"user","content":"A table."},{"role":"assistant","content":"For two?","weight":1},"#
                + #"{"role":"user","content":"No."},{"role":"assistant","content":"Oh.","weight":0}]}"# + "\n\n"
                + #"{"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"x","weight":0}]}"#)
        #expect(set.lineCount == 2)
        #expect(set.maskedCount == 1)
        #expect(set.conversations.map(\.count) == [2])
        let tokenizer = try Checkpoint(path: Checkout.base).tokenizer
        let second = try #require(set.conversations.first?.last)
        let said = zip(second.tokens, second.weights).filter { $0.1 == 1 }.map(\.0)
        #expect(tokenizer.decode(said) == "For two?<|im_end|>")
        #expect(
            tokenizer.decode(second.tokens)
                == "<|im_start|>user\nHi.<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n"
                + "<|im_start|>user\nA table.<|im_end|>\n<|im_start|>assistant\nFor two?<|im_end|>")
    }

    @Test func linesThatCannotBeReadAreNamed() throws {
        let good = #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"# + "\n"
        let error = try #require(throws: TrainingError.self) { _ = try read(good + "{\"messages\": [") }
        #expect(error.description.hasPrefix("F line 2: "))
        #expect(error.description.hasSuffix("expected one JSON value a line"))
        #expect(throws: TrainingError("F line 1: an array without 'messages', expected {\"messages\": [...]}")) {
            _ = try read("[1]")
        }
        #expect(
            throws: TrainingError(
                "F line 1: message 1: role: 'robot', expected one of system, developer, user, assistant, tool")
        ) {
            _ = try read(#"{"messages":[{"role":"robot","content":"a"}]}"#)
        }
    }

    @Test func examplesThatAreTooLongAreCountedAndLeftOut() throws {
        let long = String(repeating: "word ", count: 100)
        let text =
            #"{"messages":[{"role":"user","content":"\#(long)"},{"role":"assistant","content":"b"}]}"# + "\n"
            + #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#
        let set = try read(text, maximumLength: 60)
        #expect(set.tooLongCount == 1)
        #expect(set.exampleCount == 1)
    }

    @Test func anEmptyOrMaskedFileIsRefused() throws {
        #expect(throws: TrainingError("E: nothing to learn from: no lines, expected at least one answer")) {
            try read("").check("E")
        }
        let masked = #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0}]}"#
        #expect(
            throws: TrainingError(
                "E: nothing to learn from: 1 lines, 1 without an answer that counts, expected at least one answer")
        ) { try read(masked).check("E") }
    }
}
