import Answering
import ChatTemplates
import Checkpoints
import Inference
import Randomness
import Testing
import TestSupport
import Tokenizers

/// However an answer's text is cut into pieces, they say together what is made of the whole.
@Suite struct AnswerTextTests {
    private static let empty = AnswerFrame(prefix: "<think>\n\n</think>\n\n", suffix: "\n", reasoning: nil)
    private static let thinking = AnswerFrame(
        prefix: "<think>\n\n</think>\n\n", suffix: "", reasoning: .init(opening: "<think>\n", closing: "\n</think>\n\n")
    )
    private let tokenizer: Tokenizer

    init() throws { tokenizer = try Checkpoint(path: Checkout.base).tokenizer }

    private func pieces(
        of text: String, frame: AnswerFrame?, trims: Bool, stop: [String] = []
    ) throws -> (text: String, pieces: [String], tokens: [GeneratedToken]) {
        var answer = AnswerText(tokenizer: tokenizer, stop: stop, frame: frame, trims: trims)
        var pieces: [AnswerText.Piece] = []
        for id in try tokenizer.encode(text, parseSpecial: true) {
            pieces.append(answer.append(GeneratedToken(id: id)))
        }
        pieces.append(answer.finish())
        #expect(pieces.flatMap(\.tokens) == answer.tokens)
        return (pieces.map(\.text).joined(), pieces.map(\.text), answer.tokens)
    }

    @Test(arguments: [
        "<think>\n\n</think>\n\ntwo words", "<think>\n\n</think>\n\n", "<think>\n\n</think>", "<think>\nwell", "<thi",
        "plain", "", " \n ", "  around  \n", "a  b\n\nc ", "\u{2003}wide\u{2003}", "e \u{301} f ", "caf\u{e9} 🙂 ",
        "<think>\n\n</think>\n\n  <think>\n\n</think>\n\n twice ",
    ]) func piecesSayWhatTheWholeSays(text: String) throws {
        for frame in [nil, AnswerTextTests.empty, AnswerTextTests.thinking] {
            for trims in [false, true] {
                let said = try pieces(of: text, frame: frame, trims: trims).text
                let whole = AnswerText.finished(text, frame: frame, trims: trims)
                #expect(Array(said.utf8) == Array(whole.utf8), "\(frame?.suffix ?? "no frame") \(trims)")
            }
        }
    }

    @Test func randomTextsAreCutAlike() throws {
        var random = SplitMix64(seed: 7)
        let parts = ["<think>", "\n", "\n\n", "</think>", " ", "a", "word", "\u{301}", "é", "\t", "🙂"]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            .joined()
            for frame in [AnswerTextTests.empty, AnswerTextTests.thinking] {
                let said = try pieces(of: text, frame: frame, trims: true).text
                let whole = AnswerText.finished(text, frame: frame, trims: true)
                #expect(Array(said.utf8) == Array(whole.utf8), "\(text.debugDescription)")
            }
        }
    }

    @Test func theTokensAreThoseOfTheTextThatIsGivenOut() throws {
        let said = try pieces(of: "<think>\n\n</think>\n\nwhere is it", frame: AnswerTextTests.empty, trims: true)
        #expect(said.text == "where is it")
        #expect(said.tokens.map(\.id) == (try tokenizer.encode("where is it", parseSpecial: false)))
        #expect(said.pieces.first == "", "what may be the template's is held back")
    }

    @Test func textIsShownAsSoonAsItCannotBeTheTemplates() throws {
        let said = try pieces(of: "<thanks> a lot", frame: AnswerTextTests.empty, trims: true)
        #expect(said.text == "<thanks> a lot")
        #expect(said.pieces.filter { !$0.isEmpty }.count > 1)
    }
}
