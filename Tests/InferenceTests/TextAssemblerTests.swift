import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers

struct TextAssemblerTests {
    static let tokenizer = Result { try Checkpoint(path: Checkout.base).tokenizer }

    static func parts(_ text: String, stop: [String] = []) throws -> (parts: [String], isStopped: Bool) {
        let tokenizer = try tokenizer.get()
        var assembler = TextAssembler(tokenizer: tokenizer, stop: stop)
        var parts = try tokenizer.encode(text).map { assembler.append($0) }
        parts.append(assembler.finish())
        return (parts, assembler.isStopped)
    }

    @Test func charactersComeWhole() throws {
        let text = "Grüße, 世界! 👩‍👩‍👧 naïve — 12 €"
        let result = try TextAssemblerTests.parts(text)
        #expect(result.parts.joined() == text)
        #expect(result.parts.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
        // The vocabulary has no token for most of these characters, so that some tokens end within one.
        #expect(result.parts.contains(""))
    }

    @Test(arguments: ["STOP", "P here", "e STO", "b"])
    func nothingOfAStopTextGetsOut(_ stop: String) throws {
        let text = "Please wait before STOP here, and then STOP again."
        let result = try TextAssemblerTests.parts(text, stop: [stop, "zzz"])
        let range = try #require(text.range(of: stop))
        #expect(result.parts.joined() == text[..<range.lowerBound])
        #expect(result.isStopped)
    }

    @Test func whatOnlyBeginsLikeAStopTextComesLater() throws {
        let result = try TextAssemblerTests.parts("an answer that ends in STO", stop: ["STOP"])
        #expect(result.parts.joined() == "an answer that ends in STO")
        #expect(result.parts.last == "STO")
        #expect(!result.isStopped)
    }

    @Test func brokenBytesBecomeReplacementCharactersAtTheEnd() throws {
        let tokenizer = try TextAssemblerTests.tokenizer.get()
        let tokens = try tokenizer.encode("世")
        try #require(tokens.count > 1)
        var assembler = TextAssembler(tokenizer: tokenizer)
        #expect(tokens.dropLast().map { assembler.append($0) }.joined() == "")
        #expect(assembler.finish().contains("\u{FFFD}"))
    }
}
