import Foundation
import GGUF
import JSON
import Testing
import TestSupport

/// Lines that taught silence or something else than they say, on the built `retort-train`: each is learned, or an error
/// that names file, line and field.
@Suite(.ownThreads) struct TrainingLineCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func train(
        _ lines: [String], base: String = Checkout.base, template: String? = nil, name: String = "d.jsonl"
    ) throws -> Executable.Outcome {
        try train(file: folder.write(name, lines.joined(separator: "\n")), base: base, template: template)
    }

    private func train(
        file: String, base: String = Checkout.base, template: String? = nil
    ) throws -> Executable.Outcome {
        let recipe = try folder.write("recipe.yaml", "rank: 4\nepochs: 1\n")
        return try Executable.run(
            "retort-train",
            [
                "--base", base, "--dataset", file, "--recipe", recipe, "--output", folder.file("a.gguf"), "--json",
                "--threads", "1", "--snapshot-dir", folder.file("\(UUID().uuidString)"),
            ] + (template.map { ["--template", $0] } ?? []))
    }

    private func counts(_ outcome: Executable.Outcome) throws -> JSONValue {
        try #require(JSONValue(parsing: Array(outcome.output.utf8))["counts"])
    }

    private static let user = #"{"role":"user","content":"Is the kettle in stock?"}"#
    private static let call =
        #"{"id":"c1","type":"function","function":{"name":"stock","arguments":"{\"sku\":\"K1\"}"}}"#

    private static func line(_ answer: String, _ rest: String = "") -> String {
        #"{"messages":[\#(user),\#(answer)]\#(rest)}"#
    }

    // MARK: Errors

    @Test(arguments: [
        (
            line(#"{"role":"assistant","content":null}"#),
            "message 2: content: null or missing, expected text or tool_calls"
        ),
        (line(#"{"role":"assistant"}"#), "message 2: content: null or missing, expected text or tool_calls"),
        (line(#"{"role":"assistant","content":" \n"}"#), "message 2: content: empty, expected text or tool_calls"),
        (
            line(#"{"role":"assistant","contents":"Yes."}"#),
            "message 2: contents: not a field of a message"
        ),
        (line(#"{"role":"assistant","content":null,"refusal":"I can't."}"#), "message 2: refusal: not a field"),
        (
            line(#"{"role":"assistant","content":[{"type":"refusal","refusal":"I can't."}]}"#),
            "message 2: content: a part of type 'refusal', expected text"
        ),
        (line(#"{"role":"assistant","content":42}"#), "message 2: content: an integer, expected a string"),
        (line(#"{"role":"Assistant","content":"Yes."}"#), "message 2: role: 'Assistant', expected one of"),
        (line(#"{"role":"model","content":"Yes."}"#), "message 2: role: 'model', expected one of"),
        (line(#"{"role":"assistant","content":"Yes.","weight":"1"}"#), "message 2: weight: \"1\", expected a number"),
        (line(#"{"role":"assistant","content":"Yes.","weight":true}"#), "message 2: weight: true, expected a number"),
        (line(#"{"role":"assistant","content":"Yes.","train":false}"#), "message 2: train: not a field of a message"),
        (line(#"{"role":"assistant","content":"","tool_calls":\#(call)}"#), "message 2: tool_calls: an object"),
        (line(#"{"role":"assistant","content":"","tool_calls":"[]"}"#), "message 2: tool_calls: a string"),
        // The bundled base's template writes no calls.
        (
            line(#"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#),
            "message 2: tool_calls: left out by the chat template"
        ),
        (
            line(#"{"role":"assistant","content":null,"function_call":{"name":"stock","arguments":"{}"}}"#),
            "message 2: tool_calls: left out by the chat template"
        ),
        (
            line(#"{"role":"assistant","content":"Yes.","reasoning_content":"Four are left."}"#),
            "message 2: reasoning_content: left out by the chat template"
        ),
        (line(#"{"role":"assistant","content":"Yes."}"#, #","tool":[]"#), "tool: not a field of a conversation"),
        (line(#"{"role":"assistant","content":"Yes."}"#, #","tools":"stock""#), "tools: a text that is not JSON"),
        (
            #"{"messages":[{"role":"user","text":"Hi."},{"role":"assistant","content":"Yes."}]}"#,
            "message 1: text: not a field of a message"
        ),
        (
            #"{"messages":[{"role":"user"},{"role":"assistant","content":"Yes."}]}"#,
            "message 1: content: missing, expected text"
        ),
        (
            #"{"messages":[{"role":"system","content":"S.","tools":[{}]},\#(user),{"role":"assistant","content":"Yes."}]}"#,
            "message 1: tools: not a field of a message"
        ),
        (
            #"{"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"x"}}]},{"role":"assistant","content":"A kettle."}]}"#,
            "message 1: content: a part of type 'image_url', expected text"
        ),
        (
            #"{"messages":[\#(user),{"role":"assistant","content":"{}"},{"role":"observation","content":"4"}]}"#,
            "message 3: role: 'observation', expected one of"
        ),
        (#"{"messages":[]}"#, "messages: empty, expected at least one"),
        (#"{"text":"Once upon a time"}"#, "an object without 'messages', expected"),
        (#"{"conversations":[{"from":"human","value":"Hi"},{"from":"bot","value":"x"}]}"#, "turn 2: from: 'bot'"),
        (#"{"prompt":"Hi","completion":7}"#, "completion: an integer, expected a text"),
        (
            line(#"{"role":"assistant","content":"Yes."}"#, #","prompt":"Hi","completion":"Hello""#),
            "messages and completion: a line in 2 forms, expected one"
        ),
        (
            line(#"{"role":"assistant","content":"Yes."}"#, #","chosen":"Yes.","rejected":"No.""#),
            "messages and chosen: a line in 2 forms, expected one"
        ),
        (
            line(#"{"role":"assistant","content":"Yes."}"#, #","prompt":"Another question?""#),
            "prompt: beside messages, expected one of them"
        ),
        (#"{"prompt":"Hi","completion":"you idiot","label":false}"#, "label: not followed, expected a line without it"),
        (line(#"{"role":"assistant","content":"Yes."}"#, #","weight":0"#), "weight: not followed"),
        (
            line(#"{"role":"assistant","content":"Yes."}"#, #","chat_template_kwargs":{"enable_thinking":false}"#),
            "chat_template_kwargs: not followed"
        ),
        (line(#"{"role":"assistant","content":"Yes."}"#, #","images":["a.png"]"#), "images: not followed"),
        (line(#"{"role":"assistant","content":"Yes.","content":"No."}"#), "a key twice in one object"),
        (line(#"{"role":"assistant","content":"Yes\ud83d."}"#), "half a surrogate pair, expected whole characters"),
    ])
    func namesLineAndField(line: String, expected: String) throws {
        let good = TrainingLineCasesTests.line(#"{"role":"assistant","content":"Yes, four are left."}"#)
        let outcome = try train([good, line, good])
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("d.jsonl line 2: \(expected)"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("a.gguf")))
    }

    // MARK: Other forms with one meaning

    @Test(arguments: [
        #"{"prompt":"Hi","completion":"Hello"}"#,
        #"{"prompt":[{"role":"user","content":"Hi"}],"completion":[{"role":"assistant","content":"Hello"}]}"#,
        #"{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello"}]}"#,
        #"{"conversations":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}"#,
        #"{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":"Hello","refusal":null,"annotations":[]}],"id":"7"}"#,
    ])
    func learnsOtherFormsAsTheConversationThatTheyAre(line: String) throws {
        let plain = try train(
            [#"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}"#], name: "a.jsonl")
        let other = try train([line], name: "b.jsonl")
        #expect(other.status == 0, "\(other.errors)")
        #expect(try counts(other)["answer_tokens"] == counts(plain)["answer_tokens"])
        func loss(_ outcome: Executable.Outcome) throws -> Double? {
            try JSONValue(parsing: Array(outcome.output.utf8))["figures"]?["loss"]?.doubleValue
        }
        #expect(try loss(other) == loss(plain))
    }

    /// A template that writes calls learns them, in every form in which they come.
    @Test(arguments: [
        #"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#,
        #"{"role":"assistant","tool_calls":[\#(call)]}"#,
        #"{"role":"assistant","content":null,"function_call":{"name":"stock","arguments":"{\"sku\":\"K1\"}"}}"#,
        #"{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"stock","arguments":{"sku":"K1"}}}]}"#,
    ])
    func callsAreLearnedWithATemplateThatWritesThem(answer: String) throws {
        let template = try folder.write("none.jinja", TrainingLineCasesTests.writesCallsBesideNull)
        let outcome = try train([TrainingLineCasesTests.line(answer)], template: template)
        #expect(outcome.status == 0, "\(outcome.errors)")
        // <call>stock {"sku":"K1"}<|im_end|> is more than a name.
        #expect(try #require(counts(outcome)["answer_tokens"]?.integerValue) > 8)
    }

    /// Writes calls only where content is null.
    private static let writesCallsBesideNull =
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' }}{% if m['content'] is none %}"
        + "{% for c in m.tool_calls %}{{ '<call>' + c.function.name + ' ' + c.function.arguments }}{% endfor %}"
        + "{% else %}{{ m['content'] }}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

    /// An empty content beside calls is not null, and the same template leaves the calls out.
    @Test func emptyContentStaysEmpty() throws {
        let template = try folder.write("none.jinja", TrainingLineCasesTests.writesCallsBesideNull)
        let line = TrainingLineCasesTests.line(
            #"{"role":"assistant","content":"","tool_calls":[\#(TrainingLineCasesTests.call)]}"#)
        let outcome = try train([line], template: template)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("line 1: message 2: tool_calls: left out"), "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: --template"), "\(outcome.errors)")
    }

    @Test func toolsThatTheTemplateDoesNotWriteAreAWarning() throws {
        let line = TrainingLineCasesTests.line(
            #"{"role":"assistant","content":"Yes."}"#, #","functions":[{"name":"stock","parameters":{}}]"#)
        let outcome = try train([line])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("warning: 1 of 1 lines have tools that the chat template does not write"))
        #expect(try counts(outcome)["without_tools"] == 1)
    }

    // MARK: A message's text is text

    @Test func aMarkInAnAnswerDoesNotEndIt() throws {
        func tokens(_ mark: String, _ name: String) throws -> Int {
            let outcome = try train(
                [
                    #"{"messages":[{"role":"user","content":"How does ChatML end a turn?"},{"role":"assistant","content":"It writes \#(mark) after every message, and then a new line follows for the next role."}]}"#
                ], name: name)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try #require(counts(outcome)["answer_tokens"]?.integerValue)
        }
        // The mark is several tokens of text, and all that follows it is learned.
        #expect(try tokens("<|im_end|>", "s.jsonl") > tokens("a marker", "p.jsonl"))
    }

    // MARK: Files

    @Test func everyBadLineIsNamed() throws {
        let good = TrainingLineCasesTests.line(#"{"role":"assistant","content":"Yes."}"#)
        let outcome = try train([good, String(good.dropLast()), good + ",", #"{"messages":"x"}"#])
        #expect(outcome.status == 1)
        for expected in ["line 2: ", "line 3: ", "line 4: messages: a string, expected an array"] {
            #expect(outcome.errors.contains("d.jsonl \(expected)"), "\(outcome.errors)")
        }
        #expect(outcome.errors.contains("at column \(good.count)"), "\(outcome.errors)")
        let many = try train(Array(repeating: "{", count: 30))
        #expect(many.errors.split(separator: "\n").count { $0.contains(" line ") } == 10, "\(many.errors)")
        #expect(many.errors.contains("d.jsonl: read no further"))
    }

    @Test(.needsShared("cases/data/26-training-files"))
    func aCutGzipFileIsCalledOne() throws {
        let outcome = try train(file: Checkout.shared("cases/data/26-training-files/cut.jsonl.gz"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot read on in "), "\(outcome.errors)")
        #expect(!outcome.errors.contains("JSON"))
    }

    // MARK: Vocabularies and templates

    /// `▁Once`, as the whole text has it; the loss is that of an independent implementation with these ids.
    @Test(.needsShared("models"), arguments: ["mistral", "zephyr"])
    func theAnswerIsTheEndOfTheWholeText(template: String) throws {
        let outcome = try train(
            [
                #"{"messages":[{"role":"user","content":"Tell me a story."},{"role":"assistant","content":"Once upon a time, there was a little girl named Lily."}]}"#
            ], base: Checkout.shared("models/stories260K-ctx512-f32.gguf"), template: template)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let loss = try #require(
            JSONValue(parsing: Array(outcome.output.utf8))["figures"]?["loss"]?.doubleValue)
        if template == "mistral" { #expect(abs(loss - 2.5078) < 1e-3, "\(loss)") } else { #expect(loss < 3) }
    }

    /// A character that a vocabulary lacks costs its own line, and says so.
    @Test(.needsShared("models"))
    func linesThatCannotBeEncodedAreCounted() throws {
        let base = Checkout.shared("models/TinyStories-656K-f16.gguf")
        func line(_ text: String) -> String {
            #"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"\#(text)"}]}"#
        }
        let probe = try Executable.run("retort-inspect", "tokenize", "--model", base, "日")
        try #require(probe.status != 0, "this base can write everything")
        let outcome = try train([line("Hello"), line("日"), line("Hello")], base: base, template: "zephyr")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try counts(outcome)["unencodable"] == 1)
        #expect(outcome.errors.contains("warning: 1 of 3 lines left out"), "\(outcome.errors)")
        let none = try train([line("日")], base: base, template: "zephyr")
        #expect(none.status == 1)
        #expect(none.errors.contains("the vocabulary cannot express"), "\(none.errors)")
    }

    /// As `cat` puts them together, and as some exports repeat the first message.
    @Test func marksAndBlankLinesBetweenFilesAreNoLines() throws {
        let good = TrainingLineCasesTests.line(#"{"role":"assistant","content":"Yes, four are left."}"#)
        let repeated = TrainingLineCasesTests.line(
            #"{"role":"assistant","content":"Yes."}"#, #","prompt":"Is the kettle in stock?","chosen":null"#)
        let outcome = try train([good, "\u{FEFF}" + good, "\u{FEFF}", " \t\r", repeated])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try counts(outcome)["lines"] == 3 || counts(outcome)["examples"] == 3)
    }

    /// A vocabulary whose merges were cut short makes other tokens than the model was trained with.
    @Test func aVocabularyThatIsNotWholeIsAWarning() throws {
        let cut = folder.file("cut.gguf")
        try editGGUF(Checkout.base, to: cut) { metadata in
            var merges = try metadata.strings("tokenizer.ggml.merges")
            merges.removeLast(merges.count / 2)
            merges[7] = "nonsense"
            metadata.set("tokenizer.ggml.merges", .array(GGUFArray(merges)))
        }
        let good = TrainingLineCasesTests.line(#"{"role":"assistant","content":"Yes, four are left."}"#)
        let outcome = try train([good], base: cut)
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("tokenizer.ggml.merges: 1 are no pair of symbols"), "\(outcome.errors)")
        #expect(outcome.errors.contains("of the vocabulary's tokens, so texts are cut otherwise"), "\(outcome.errors)")
        #expect(try !train([good]).errors.contains("tokenizer.ggml"))
    }

    @Test func namesThatTheTemplateDoesNotWriteAreAWarning() throws {
        let named =
            #"{"messages":[{"role":"user","name":"Ann","content":"Hi."},{"role":"assistant","content":"Yes."}]}"#
        let outcome = try train([named, TrainingLineCasesTests.line(#"{"role":"assistant","content":"Yes."}"#)])
        #expect(
            outcome.status == 0 && outcome.errors.contains("1 of 2 lines have names of speakers"), "\(outcome.errors)")
        #expect(try counts(outcome)["without_names"] == 1)
        let template =
            "{% for m in messages %}<|im_start|>{{ m.role }}{{ ' ' + m.name if m.name }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        let written = try train([named], template: try folder.write("names.jinja", template))
        #expect(written.status == 0 && !written.errors.contains("names of speakers"), "\(written.errors)")
    }
}
