import Architectures
import Checkpoints
import Foundation
import Inference
import PlainText
import Testing
import TestSupport
import Tokenizers

@Suite struct PromptFileTests {
    private let folder: ScratchFolder
    private var path: String { folder.file("prompts.jsonl") }

    init() throws { folder = try ScratchFolder() }

    private let someDay = LocalTime(Date(timeIntervalSince1970: 0), in: .gmt)

    private func read(_ text: String, model: String = "llama", limit: Int = 10_000) throws -> PromptFile {
        try folder.write("prompts.jsonl", text)
        return try PromptFile(
            path: path, checkpoint: Checkpoint(path: Fixtures.model(model)), maximumTokens: limit, date: someDay)
    }

    private func problem(_ text: String) throws -> String {
        do {
            _ = try read(text)
            return "none"
        } catch {
            return "\(error)".replacingOccurrences(of: path, with: "prompts")
        }
    }

    /// The models' template is ChatML; text gets the beginning-of-text token and keeps special tokens as text.
    @Test(.needsFixtures)
    func readsTextsAndConversations() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        let tokenizer = try checkpoint.tokenizer
        let file = try read(
            """
            {"text": "where is it"}

            {"prompt": "where is </s>", "label": "x"}
            "where is it"
            {"messages": [{"role": "user", "content": "hi"}]}
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}], "tools": []}
            {"request": {"messages": [{"role": "user", "content": "hi"}]}, "response": {}, "id": "sha256:0"}
            """)
        let text = try tokenizer.encode("where is it", addSpecial: true)
        let question = "<|im_start|>user\nhi<|im_end|>\n"
        let asked = [TokenID(1)] + (try tokenizer.encode(question + "<|im_start|>assistant\n", parseSpecial: true))
        let answered =
            [TokenID(1)]
            + (try tokenizer.encode(question + "<|im_start|>assistant\nho<|im_end|>\n", parseSpecial: true))
        let escaped = try tokenizer.encode("where is </s>", addSpecial: true)
        #expect(text.first == 1 && !escaped.contains(2))
        #expect(file.sequences == [text, escaped, text, asked, answered, asked])
        #expect(file.promptCount == 6)
        #expect(!file.isCut)
    }

    /// qwen2 puts nothing before a text.
    @Test(.needsFixtures)
    func addsABeginningOnlyWhereTheVocabularyWantsOne() throws {
        let tokenizer = try Checkpoint(path: Fixtures.model("qwen2")).tokenizer
        let file = try read("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}", model: "qwen2")
        let expected = try tokenizer.encode(
            "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", parseSpecial: true)
        #expect(file.sequences == [expected])
    }

    @Test(.needsFixtures)
    func stopsWhenThereIsEnough() throws {
        let lines = String(repeating: "\"one two three four\"\n", count: 10)
        let one = try read("\"one two three four\"").tokenCount
        let file = try read(lines + "not JSON", limit: 3 * one - 1)
        #expect(file.tokenCount == 3 * one - 1 && file.promptCount == 3 && file.isCut)
        #expect(try !read(lines, limit: 10 * one).isCut)
    }

    /// A text longer than the model's context becomes several sequences.
    @Test(.needsFixtures)
    func cutsWhatIsLongerThanTheContext() throws {
        let limit = try Checkpoint(path: Fixtures.model("llama")).architecture.contextLength
        let file = try read("\"\(String(repeating: "a b c ", count: limit))\"", limit: 2 * limit + 3)
        #expect(file.sequences.map(\.count) == [limit, limit, 3])
        #expect(file.promptCount == 1)
    }

    @Test(.needsFixtures)
    func namesTheLineThatIsWrong() throws {
        #expect(
            try problem("\"a\"\n{\"text\": ") == "prompts: line 2: not valid JSON: the text ends early at column 10, "
                + "expected one JSON value a line")
        #expect(
            try problem("\"a\"\n\n{\"question\": \"b\", \"id\": 3}")
                == "prompts: line 3: an object with question, id, expected an object with \"messages\", \"text\" or "
                + "\"prompt\", or a string")
        #expect(
            try problem("[1]")
                == "prompts: line 1: an array, expected an object with \"messages\", \"text\" or \"prompt\", or a string"
        )
        #expect(
            try problem("{\"messages\": [{\"role\": \"robot\", \"content\": \"\"}]}").hasPrefix(
                "prompts: line 1: role: 'robot', expected one of"))
        #expect(
            try problem("{\"messages\": []}") == "prompts: line 1: messages: none, expected at least one")
        #expect(try problem("") == "prompts: no prompts, expected at least one line")
        #expect(try problem("\n  \n") == "prompts: no prompts, expected at least one line")
    }

    @Test(.needsFixtures)
    func saysThatThereIsNoFile() throws {
        #expect {
            try PromptFile(
                path: "/nowhere.jsonl", checkpoint: Checkpoint(path: Fixtures.model("llama")), maximumTokens: 1,
                date: someDay)
        } throws: { "\($0)".contains("/nowhere.jsonl") }
    }
}
