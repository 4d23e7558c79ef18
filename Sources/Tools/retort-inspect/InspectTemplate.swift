import ArgumentParser
import ChatTemplates
import Conversations
import Foundation
import GGUF
import JSON
import PlainText
import StageInterface
import Storage
import Tokenizers

/// Prints the text that a conversation becomes, exactly: no newline is added. Without a conversation, says how training
/// and serving use the template.
struct InspectTemplate: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "The text that a conversation becomes.",
        discussion: """
            Without --conversation: which built-in templates fit the model's vocabulary, the form in which the template \
            takes the arguments of tool calls, and what it writes around an answer. With --json and --model the report \
            has the tokens of the conversation and which of them are each message's.
            """, version: retortVersion)

    @Option(help: "A model file, whose own template is taken.")
    var model: String?

    @Option(help: "In place of the model's own: a built-in chat template's name, or a Jinja file.")
    var template: String?

    @Option(help: "A JSON file with messages, and perhaps tools, add_generation_prompt, vars and now.")
    var conversation: String?

    @Flag(help: "Read the messages as training does, and give them to the template as training does; needs --model.")
    var asTrained = false

    @OptionGroup var options: StageOptions

    func validate() throws {
        if model == nil && template == nil { throw ValidationError("expected --model or --template") }
        if model == nil, asTrained || conversation == nil {
            throw ValidationError(asTrained ? "--as-trained: expected --model" : "expected --conversation or --model")
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let metadata = try model.map { try GGUFFile(path: $0).metadata }
        let tokenizer = try metadata.map { try Tokenizer(metadata: $0) }
        for warning in tokenizer?.warnings ?? [] { console.warn(warning) }
        let template = try loadTemplate(metadata)
        guard let conversation else {
            guard let tokenizer else { return nil }
            let use = try TemplateUse(template, tokenizer)
            for line in use.lines { console.data(line) }
            var report = StageReport(stage: Self.commandName)
            report.details = use.json
            return report
        }
        var given = try ConversationFile(path: conversation)
        if let metadata {
            given.variables.merge(try ChatTemplate.specialTokens(in: metadata)) { said, _ in said }
        }
        let rendered = try render(given, with: template, tokenizer)
        var report = StageReport(stage: Self.commandName)
        report.counts = ["characters": rendered.text.unicodeScalars.count, "spans": rendered.spans.count]
        console.data(exactly: rendered.text)
        guard options.json else { return report }
        let spans = rendered.spans.map { span -> JSONValue in
            [
                "message": .integer(span.messageIndex), "start": .integer(span.utf8Range.lowerBound),
                "end": .integer(span.utf8Range.upperBound),
            ]
        }
        var details = JSONObject([("text", .string(rendered.text)), ("spans", .array(spans))])
        if let tokenizer {
            let encoded = try EncodedConversation(rendered, tokenizer: tokenizer)
            report.counts["tokens"] = encoded.tokens.ids.count
            details["tokens"] = .array(encoded.tokens.ids.map { .integer(Int($0)) })
            details["messages"] = .array(
                given.messages.indices.map { index in
                    encoded.tokens(ofMessage: index).map {
                        ["first_token": .integer($0.lowerBound), "tokens": .integer($0.count)]
                    } ?? .null
                })
        }
        report.details = .object(details)
        return report
    }

    private func render(
        _ given: ConversationFile, with template: ChatTemplate, _ tokenizer: Tokenizer?
    ) throws -> RenderedConversation {
        let now = given.now ?? LocalTime(Date())
        guard asTrained, let tokenizer else {
            return try template.render(
                messages: given.messages, tools: given.tools, addGenerationPrompt: given.addsGenerationPrompt,
                variables: given.variables, now: now)
        }
        guard given.variables.keys.allSatisfy({ $0 == "bos_token" || $0 == "eos_token" }) else {
            throw StageFailure(.badInput, "vars: training gives a template none, expected none with --as-trained")
        }
        let messages = try given.messages.enumerated().map { index, json in
            do throws(MessageError) { return try Message(json: json) } catch {
                throw StageFailure(.badInput, "message \(index + 1): \(error)")
            }
        }
        return try ChatEncoder(tokenizer: tokenizer, template: template, now: now).conversation(
            messages, tools: given.tools, addGenerationPrompt: given.addsGenerationPrompt
        ).rendered
    }

    private func loadTemplate(_ metadata: GGUFMetadata?) throws -> ChatTemplate {
        if let template { return try ChatTemplate(chosen: template) }
        guard let metadata else { throw ChatTemplateError.missing(fitting: ChatTemplate.names) }
        return try ChatTemplate(metadata: metadata)
    }
}
