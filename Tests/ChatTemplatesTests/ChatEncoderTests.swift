import ChatTemplates
import Conversations
import Foundation
import GGUF
import JSON
import Testing
import TestSupport
import Tokenizers

/// Whole conversations as tokens, over all templates and vocabularies at hand.
@Suite(.ownThreads, .needsFixtures) struct ChatEncoderTests {
    static let vocabularies =
        VocabularyFixtures.names.map { "fixtures/tokenizers/ggml-vocab-\($0).gguf" } + [
            "fixtures/models/gemma2.gguf", "models/stories260K-ctx512-f32.gguf", "models/retort-base-6m-f16.gguf",
        ]

    static func templates() throws -> [(name: String, template: ChatTemplate)] {
        let names = try FileManager.default.contentsOfDirectory(atPath: ChatTemplateFixtures.folder.path)
        return try ChatTemplate.names.map { ($0, try ChatTemplate(named: $0)) }
            + names.filter { $0.hasSuffix(".jinja") }.sorted().map {
                ($0, try ChatTemplate(chosen: ChatTemplateFixtures.folder.appending(path: $0).path))
            }
    }

    private static let answers = [
        "refund", "Once upon a time", " leading", "trailing ", "\nnew line", "two\n\nparts\n", "1. a\n2. b",
        "Ünïcode ▁ 😀 é", "```swift\nlet a = 1\n```",
    ]

    private static let conversations: [[Message]] = [
        [Message(.user, "Tell me a story.")],
        [Message(.system, "Be brief."), Message(.user, " Hi \n")],
        [Message(.user, "Hi."), Message(.assistant, "Hello."), Message(.user, "And now?")],
        [
            Message(.user, "\n"), Message(.assistant, "a"), Message(.user, "b\n\n"), Message(.assistant, " c "),
            Message(.user, ""),
        ],
    ]

    /// Prompt and answer are the tokens of the whole text, made without any of this; the prompt is what serving has.
    @Test(arguments: vocabularies)
    func promptAndAnswerAreTheWholeTextsTokens(vocabulary: String) throws {
        let tokenizer = try VocabularyFixtures.tokenizer(vocabulary)
        var whole = 0
        var parted = 0
        for (name, template) in try ChatEncoderTests.templates() {
            let encoder = ChatEncoder(tokenizer: tokenizer, template: template, now: ChatTemplateFixtures.someDay)
            for messages in ChatEncoderTests.conversations {
                for answer in ChatEncoderTests.answers {
                    let turn: EncodedTurn
                    do {
                        turn = try encoder.turn(Message(.assistant, answer), after: messages)
                    } catch is ChatTemplateError {
                        // No system message, say, or no token of this vocabulary that ends the turn.
                        continue
                    } catch TokenizerError.unencodableCharacter {
                        continue
                    }
                    let place = "\(name), \(messages.count) messages, \(answer.debugDescription)"
                    #expect(try encoder.prompt(messages) == turn.prompt, "\(place)")
                    func rendered(_ messages: [Message], _ adds: Bool) throws -> String {
                        try template.render(
                            messages, addGenerationPrompt: adds, tokenizer: tokenizer, now: ChatTemplateFixtures.someDay
                        ).text
                    }
                    var reference = try tokenizer.encode(
                        rendered(messages + [Message(.assistant, answer)], false), parseSpecial: true)
                    if tokenizer.addsBeginningOfText, let first = tokenizer.beginningOfText, reference.first != first {
                        reference.insert(first, at: 0)
                    }
                    let said = turn.prompt + turn.answer
                    if turn.isWhole {
                        whole += 1
                        #expect(reference.starts(with: said), "\(place)")
                    } else {
                        parted += 1
                        #expect(!reference.starts(with: said), "\(place)")
                    }
                    #expect(tokenizer.isEndOfGeneration(turn.answer.last ?? -1), "\(place)")
                    #expect(!turn.answer.dropLast().contains(where: tokenizer.isEndOfGeneration), "\(place)")
                    // A vocabulary may write the mark for a space as the space that it stands for.
                    let text = String(decoding: turn.answer.flatMap { tokenizer.piece($0) }, as: UTF8.self)
                    let words = { (text: String) in text.filter { !$0.isWhitespace && $0 != "▁" } }
                    #expect(words(text).contains(words(answer)), "\(place)")
                }
            }
        }
        #expect(whole > 100)
        // Only what a token that lies across the border makes necessary.
        #expect(parted < whole)
    }

    /// On vocabularies that add a space, an answer has none of its own: `▁Once`, not `▁ ▁Once`.
    @Test(.needsShared("models"))
    func anAnswerHasNoSpaceThatOnlyItsOwnTokenizationWouldAdd() throws {
        let tokenizer = try VocabularyFixtures.tokenizer("models/stories260K-ctx512-f32.gguf")
        let once = try #require(tokenizer.id(ofPiece: "▁Once"))
        for name in ["mistral", "llama2"] {
            let encoder = try ChatEncoder(
                tokenizer: tokenizer, template: ChatTemplate(named: name), now: ChatTemplateFixtures.someDay)
            let messages = [Message(.user, "Tell me a story.")]
            #expect(try encoder.answer("Once", after: messages).first == once)
            let frame = try encoder.answerFrame(after: messages)
            #expect(frame.prefix == " ")
            #expect(frame.content(ofGenerated: " Once").content == "Once")
        }
    }

    // MARK: A message's text is text

    private func qwen() throws -> Tokenizer { try VocabularyFixtures.vocabulary("qwen2") }

    /// Marks that people spell, wherever a template takes them, and however it gets there.
    @Test(arguments: [
        "{{ messages[0].content }}", "{{ messages[0].content | trim }}", "{{ messages[0].content[1:-1] }}",
        "{{ messages[0].content.split('x') | join('') }}", "{{ 'a' ~ messages[0].content }}",
        "{{ messages[0].content | tojson }}", "{{ messages | tojson }}", "{{ [messages[0].content] }}",
        "{{ {messages[0].content: 1} | tojson }}", "{{ {'a': messages[0].content} }}",
        "{{ '%s' % messages[0].content }}",
        "{{ '{}'.format(messages[0].content) }}", "{% set x %}{{ messages[0].content }}{% endset %}{{ x }}",
        "{% for c in messages[0].content %}{{ c }}{% endfor %}", "{{ messages[0].content | replace('x', '') }}",
        "{{ messages[0].content | list | join }}", "{{ messages[0].name }}", "{{ tools | tojson }}",
        "{{ tools[0].function.name }}", "{{ '<|im_' + messages[0].content[7:] }}",
        "{{ messages[0].content[:-1] + '>' }}",
    ])
    func marksThatPeopleSpellAreText(source: String) throws {
        let tokenizer = try qwen()
        let end = try #require(tokenizer.id(ofPiece: "<|im_end|>"))
        let encoder = ChatEncoder(
            tokenizer: tokenizer, template: try ChatTemplate(source: source + "<|im_end|>"),
            now: ChatTemplateFixtures.someDay)
        let mark = "x<|im_end|>"
        let encoded = try encoder.conversation(
            [Message(.user, mark, name: mark)], tools: [["type": "function", "function": ["name": .string(mark)]]],
            addGenerationPrompt: false)
        #expect(encoded.tokens.ids.filter { $0 == end }.count == 1, "\(encoded.rendered.text)")
        #expect(encoded.tokens.ids.last == end)
        #expect(tokenizer.decode(encoded.tokens.ids) == encoded.rendered.text)
    }

    /// What a template parts and writes again itself is its own.
    @Test func marksThatATemplateWritesAgainAreItsOwn() throws {
        let tokenizer = try qwen()
        let encoder = ChatEncoder(
            tokenizer: tokenizer,
            template: try ChatTemplate(
                source: "{{ messages[0].content.split('<|im_end|>')[0] + '<|im_end|>' + messages[0].content }}"),
            now: ChatTemplateFixtures.someDay)
        let end = try #require(tokenizer.id(ofPiece: "<|im_end|>"))
        let ids = try encoder.conversation([Message(.user, "a<|im_end|>b")], addGenerationPrompt: false).tokens.ids
        #expect(ids.filter { $0 == end }.count == 1)
    }

    /// SentencePiece may merge characters to a control token's text, which no message may.
    @Test(arguments: vocabularies)
    func noMarkComesAboutInAMessage(vocabulary: String) throws {
        let tokenizer = try VocabularyFixtures.tokenizer(vocabulary)
        let encoder = ChatEncoder(
            tokenizer: tokenizer, template: try ChatTemplate(source: "{{ messages[0].content }}"),
            now: ChatTemplateFixtures.someDay)
        for text in [
            "<s>", "</s>", "<unk>", "a</s>b", "<|endoftext|>", "<|im_end|>", "<end_of_turn>", "<bos>", "<|eot_id|>",
        ] {
            let encoded = try encoder.conversation([Message(.user, text)], addGenerationPrompt: false)
            let ids = encoded.tokens.ids.dropFirst(encoded.addedBeginning == nil ? 0 : 1)
            #expect(!ids.contains { tokenizer.isEndOfGeneration($0) || $0 == tokenizer.beginningOfText }, "\(text)")
            #expect(tokenizer.decode(ids).hasSuffix(text), "\(text)")
        }
    }

    @Test func eachMessageHasItsTokens() throws {
        let tokenizer = try qwen()
        let encoder = ChatEncoder(
            tokenizer: tokenizer, template: try ChatTemplate(named: "chatml"), now: ChatTemplateFixtures.someDay)
        let encoded = try encoder.conversation(
            [Message(.system, "Be brief."), Message(.user, ""), Message(.user, "Hello there")],
            addGenerationPrompt: true)
        func said(_ index: Int) -> String? {
            encoded.tokens(ofMessage: index).map { tokenizer.decode(encoded.tokens.ids[$0]) }
        }
        #expect(said(0) == "Be brief.")
        #expect(said(1) == nil)
        #expect(said(2) == "Hello there")
    }

    // MARK: What a template writes before an answer

    private func encoder(_ name: String) throws -> ChatEncoder {
        ChatEncoder(
            tokenizer: try qwen(),
            template: try ChatTemplate(chosen: ChatTemplateFixtures.folder.appending(path: name).path),
            now: ChatTemplateFixtures.someDay)
    }

    @Test func theFrameOfAnAnswerIsFoundByRendering() throws {
        let messages = [Message(.user, "Hi.")]
        let frame = try encoder("Qwen-Qwen3-0.6B.jinja").answerFrame(after: messages)
        #expect(frame.prefix == "<think>\n\n</think>\n\n")
        #expect(frame.suffix == "")
        #expect(frame.reasoning == AnswerFrame.Reasoning(opening: "<think>\n", closing: "\n</think>\n\n"))
        let plain = try encoder("Qwen-Qwen2.5-7B-Instruct.jinja").answerFrame(after: messages)
        #expect(plain == AnswerFrame(prefix: "", suffix: "", reasoning: nil))
    }

    /// The answers of a model that says what its template writes, all at once and as they come.
    @Test(arguments: [
        ("<think>\n\n</think>\n\nrefund", "refund", nil), ("refund", "refund", nil),
        ("<think>\nIt says so.\n</think>\n\nrefund", "refund", "It says so."),
        ("<think>It says so.</think>refund", "refund", "It says so."), ("<think>\nnever ends", "", "never ends"),
        ("\n<think>\n</think>\n\na <think> b", "a <think> b", nil), ("<thin", "<thin", nil), ("", "", nil),
    ])
    func theFrameIsTakenOff(generated: String, content: String, reasoning: String?) throws {
        let frame = AnswerFrame(
            prefix: "<think>\n\n</think>\n\n", suffix: "",
            reasoning: AnswerFrame.Reasoning(opening: "<think>\n", closing: "\n</think>\n\n"))
        let found = frame.content(ofGenerated: generated)
        #expect(found.content == content)
        #expect(found.reasoning == reasoning)
        var before = ""
        for end in generated.indices + [generated.endIndex] {
            let now = frame.content(ofGenerated: String(generated[..<end]), isWhole: false).content
            #expect(now.hasPrefix(before) && content.hasPrefix(now), "\(now)")
            before = now
        }
    }

    @Test func aSuffixIsHeldBackUntilItIsCertain() {
        let frame = AnswerFrame(prefix: " ", suffix: " ", reasoning: nil)
        #expect(frame.content(ofGenerated: " a b ").content == "a b")
        #expect(frame.content(ofGenerated: " a ", isWhole: false).content == "a")
        #expect(frame.content(ofGenerated: " a b", isWhole: false).content == "a b")
        #expect(frame.content(ofGenerated: "", isWhole: false).content == "")
    }

    /// Templates that strip thinking from earlier turns, or write an opening before generated answers only.
    @Test(arguments: [
        "Qwen-Qwen3-0.6B.jinja", "HuggingFaceTB-SmolLM3-3B.jinja", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja",
    ])
    func laterTurnsFollowThePromptThatAServerHas(name: String) throws {
        var template = try String(
            contentsOf: ChatTemplateFixtures.folder.appending(path: name), encoding: .utf8)
        // The vocabulary has other marks than this template.
        template = template.replacing("<｜end▁of▁sentence｜>", with: "<|im_end|>")
        let tokenizer = try qwen()
        let encoder = ChatEncoder(
            tokenizer: tokenizer, template: try ChatTemplate(source: template), now: ChatTemplateFixtures.someDay)
        let first = [Message(.user, "One?")]
        let second = first + [Message(.assistant, "First."), Message(.user, "Two?")]
        for (messages, answer) in [(first, "First."), (second, "Second.")] {
            let turn = try encoder.turn(Message(.assistant, answer), after: messages)
            #expect(turn.prompt == (try encoder.prompt(messages)))
            let frame = try encoder.answerFrame(after: messages)
            let said = tokenizer.decode(turn.answer.dropLast())
            #expect(said.hasSuffix(answer))
            #expect(frame.content(ofGenerated: said).content == answer)
        }
        #expect(tokenizer.decode(try encoder.prompt(second)).contains("First."))
    }

    /// A template that writes the last message before an answer otherwise than one in the middle: the prompt is what a server
    /// has, the answer what follows the words that begin it.
    @Test func whatAnAnswerChangesBeforeItDoesNotMatter() throws {
        let tokenizer = try qwen()
        let encoder = ChatEncoder(
            tokenizer: tokenizer,
            template: try ChatTemplate(
                source:
                    "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}{{ '' if loop.last else '\\n' }}"
                    + "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant: {% endif %}"),
            now: ChatTemplateFixtures.someDay)
        let messages = [Message(.user, "One?"), Message(.assistant, "First."), Message(.tool, "4")]
        let turn = try encoder.turn(Message(.assistant, "Second."), after: messages)
        #expect(turn.prompt == (try encoder.prompt(messages)))
        #expect(tokenizer.decode(turn.answer).hasSuffix("Second.<|im_end|>"))
        #expect(!tokenizer.decode(turn.answer).contains("First"))
        #expect(!turn.isWhole)
    }

    // MARK: What a template leaves out

    @Test(arguments: [
        ("{{ 'a' }}", "message 2: content: left out by the chat template, expected one that writes it"),
        (
            "{{ messages[1].content[:3] }}",
            "message 2: content: left out by the chat template, expected one that writes it"
        ),
    ])
    func whatIsLeftOutIsAnError(source: String, message: String) throws {
        let template = try ChatTemplate(
            source: "{{ messages[0].content }}{% if messages | length > 1 %}" + source + "<|im_end|>{% endif %}")
        let encoder = ChatEncoder(tokenizer: try qwen(), template: template, now: ChatTemplateFixtures.someDay)
        let error = #expect(throws: ChatTemplateError.self) {
            try encoder.turn(Message(.assistant, "Hello."), after: [Message(.user, "Hi.")])
        }
        #expect(error?.description == message)
    }

    @Test func callsThatATemplateLeavesOutAreErrors() throws {
        let call = Message(.assistant, nil, toolCalls: [ToolCall(id: "c1", name: "stock", arguments: #"{"a": 1}"#)])
        func failure(_ written: String, _ message: Message = call) throws -> String? {
            let template = try ChatTemplate(
                source:
                    "{{ messages[0].content }}{% if messages | length > 1 %}{% set m = messages[1] %}\(written)<|im_end|>{% endif %}"
            )
            let encoder = ChatEncoder(tokenizer: try qwen(), template: template, now: ChatTemplateFixtures.someDay)
            do {
                _ = try encoder.turn(message, after: [Message(.user, "Hi.")])
                return nil
            } catch let error as ChatTemplateError { return error.description }
        }
        let rest = ": left out by the chat template, expected one that writes it"
        #expect(try failure("{{ m.content or '' }}") == "message 2: tool_calls" + rest)
        #expect(
            try failure("{{ m.tool_calls[0].function.name }}") == "message 2: tool_calls[0].function.arguments" + rest)
        #expect(
            try failure("{{ m.tool_calls[0].function.arguments }}") == "message 2: tool_calls[0].function.name" + rest)
        #expect(try failure("{{ m.tool_calls[0].function }}") == nil)
        var both = call
        both.toolCalls.append(ToolCall(name: "second", arguments: "{}"))
        #expect(
            try failure("{{ m.tool_calls[0].function | tojson }}", both) == "message 2: tool_calls[1].function.name"
                + rest)
        both = call
        both.content = "Let me see."
        #expect(try failure("{{ m.tool_calls | tojson }}", both) == "message 2: content" + rest)
        let thought = Message(.assistant, "Yes.", reasoning: "It says so.")
        #expect(try failure("{{ m.content }}", thought) == "message 2: reasoning_content" + rest)
        #expect(try failure("{{ m.reasoning_content }}{{ m.content }}", thought) == nil)
    }

    // MARK: Forms of arguments

    @Test(arguments: [
        ("{{ c.arguments }}", ToolArguments.text), ("{{ c.arguments | tojson }}", .object),
        ("{% if c.arguments is string %}{{ c.arguments }}{% else %}{{ c.arguments | tojson }}{% endif %}", .text),
        ("{% for k, v in c.arguments | items %}<{{ k }}>{{ v }}{% endfor %}", .object),
        ("{% for k in c.arguments %}<{{ k }}>{{ c.arguments[k] }}{% endfor %}", .object),
        ("{% for k, v in c.arguments.items() %}<{{ k }}>{{ v }}{% endfor %}", .object),
    ])
    func argumentsAreInTheFormThatTheTemplateTakes(written: String, form: ToolArguments) throws {
        for condition in ["true", "m.content is none", "m.content == ''", "tools", "m.tool_calls[0].id | length == 9"] {
            let template = try ChatTemplate(
                source:
                    "{% for m in messages %}{% if m.tool_calls and \(condition) %}{% set c = m.tool_calls[0].function %}"
                    + written + "{% endif %}{% endfor %}")
            #expect(template.input.arguments == form, "\(condition)")
        }
    }

    /// Null stays null, unless a template fails at it or writes a word for it.
    @Test(arguments: [
        ("{{ m.content or '' }}", true), ("{% if m.content is none %}-{% else %}{{ m.content }}{% endif %}", true),
        ("{{ m.content }}", false), ("{{ m.content + '' }}", false), ("{% if '-' in m.content %}{% endif %}", false),
    ])
    func nullIsGivenToTemplatesThatTakeIt(written: String, takesNull: Bool) throws {
        let template = try ChatTemplate(source: "{% for m in messages %}\(written){% endfor %}")
        #expect(template.input.takesNull == takesNull)
        let encoder = ChatEncoder(tokenizer: try qwen(), template: template, now: ChatTemplateFixtures.someDay)
        let call = Message(.assistant, nil, toolCalls: [ToolCall(name: "f", arguments: "{}")])
        let text = try encoder.conversation([call], addGenerationPrompt: false).rendered.text
        #expect(!text.contains("None"))
    }

    @Test func builtInTemplatesAreNamedByTheirMarks() throws {
        #expect(ChatTemplate.names(fitting: try qwen()).contains("chatml"))
        #expect(!ChatTemplate.names(fitting: try qwen()).contains("gemma"))
        #expect(try ChatTemplate.names(fitting: VocabularyFixtures.vocabulary("phi-3")).contains("phi3"))
        #expect(try !ChatTemplate.names(fitting: VocabularyFixtures.vocabulary("llama-spm")).contains("chatml"))
    }

    @Test func aTemplateThatRefusesASystemMessageIsNamed() throws {
        let gemma = ChatEncoder(
            tokenizer: try VocabularyFixtures.tokenizer("fixtures/models/gemma2.gguf"),
            template: try ChatTemplate(
                chosen: ChatTemplateFixtures.folder.appending(path: "google-gemma-2-2b-it.jinja").path),
            now: ChatTemplateFixtures.someDay)
        let error = #expect(throws: ChatTemplateError.self) {
            try gemma.prompt([Message(.system, "Be brief."), Message(.user, "Hi.")])
        }
        #expect(error?.description == "the chat template refuses a system message: System role not supported")
        #expect(error?.recoverySuggestion?.contains("--template") == true)
    }
}
