import ArgumentParser
import Conversations
import Foundation
import GGUF
import StageInterface
import Storage
import Tokenizers

/// Prints the text that a conversation becomes, exactly: no newline is added.
struct InspectTemplate: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "The text that a conversation becomes.", version: retortVersion)

    @Option(help: "A model file, whose own template is taken.")
    var model: String?

    @Option(help: "In place of the model's own: a built-in chat template's name, or a Jinja file.")
    var template: String?

    @Option(help: "A JSON file with messages, and perhaps tools, add_generation_prompt, vars and now.")
    var conversation: String

    @OptionGroup var options: StageOptions

    func validate() throws {
        if model == nil && template == nil { throw ValidationError("expected --model or --template") }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let metadata = try model.map { try GGUFFile(path: $0).metadata }
        let template = try loadTemplate(metadata)
        var given = try ConversationFile(path: conversation)
        if let metadata {
            given.variables.merge(try ChatTemplate.specialTokens(in: metadata)) { said, _ in said }
        }
        let rendered = try template.render(
            messages: given.messages, tools: given.tools, addGenerationPrompt: given.addsGenerationPrompt,
            variables: given.variables, now: given.now ?? LocalTime(Date()))
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
        report.details = ["text": .string(rendered.text), "spans": .array(spans)]
        return report
    }

    private func loadTemplate(_ metadata: GGUFMetadata?) throws -> ChatTemplate {
        if let template { return try ChatTemplate(chosen: template) }
        guard let metadata else { throw ChatTemplateError.missing }
        return try ChatTemplate(metadata: metadata)
    }
}
