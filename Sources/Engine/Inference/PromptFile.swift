import Architectures
import ChatTemplates
public import Checkpoints
import Conversations
import Foundation
import GGUF
import JSON
public import PlainText
import Storage
public import Tokenizers

/// Prompts to run a model over, one JSON value a line: a conversation, `{"messages": [...]}` (and perhaps `tools`), a
/// logged interaction with one as its `request`, or plain text, `{"text": "..."}`, `{"prompt": "..."}` or a JSON string.
/// Other keys are passed over, blank lines too; gzip is recognized.
///
/// A conversation is what the model's own chat template makes of it: with the beginning of an answer, unless it ends
/// with one. Text gets what the vocabulary puts before texts, and special tokens written in it stay text.
public struct PromptFile: Sendable {
    public let path: String
    /// The tokens of each prompt; one that is longer than the model's context is cut into several.
    public private(set) var sequences: [[TokenID]] = []
    /// How many lines ``sequences`` came from.
    public private(set) var promptCount = 0
    /// Whether lines were left out, or part of one, because there were tokens enough.
    public private(set) var isCut = false

    public var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }

    /// Reads prompts until they have `maximumTokens` tokens.
    ///
    /// - Parameter date: what a chat template that prints the date is told.
    /// - Throws: ``InferenceError`` that names the line, for what is no prompt, a conversation that the template refuses
    ///   and a file without any; `StorageError` for a file that cannot be read.
    public init(path: String, checkpoint: Checkpoint, maximumTokens: Int, date: LocalTime) throws {
        self.path = path
        let limit = checkpoint.architecture.contextLength
        var room = maximumTokens
        let reader = try JSONLinesReader(path: path)
        while let line = try reader.next() {
            guard room > 0 else {
                isCut = true
                break
            }
            func wrong(_ problem: String, hint: String? = nil) -> InferenceError {
                InferenceError("\(reader.name): line \(line.number): \(problem)", hint: hint)
            }
            let tokens: [TokenID]
            do {
                tokens = try PromptFile.tokens(of: line.value(), checkpoint, date)
            } catch let error as any LocalizedError {
                throw wrong(error.errorDescription ?? "\(error)", hint: error.recoverySuggestion)
            } catch {
                throw wrong("\(error)")
            }
            isCut = isCut || tokens.count > room
            var rest = tokens.prefix(room)
            room -= rest.count
            promptCount += 1
            while !rest.isEmpty {
                sequences.append(Array(rest.prefix(limit)))
                rest = rest.dropFirst(limit)
            }
        }
        guard !sequences.isEmpty else {
            throw InferenceError(
                "\(reader.name): no prompts, expected at least one line",
                hint: "write {\"messages\": [...]} or {\"text\": \"...\"} on each line")
        }
    }

    private static func tokens(of json: JSONValue, _ checkpoint: Checkpoint, _ date: LocalTime) throws -> [TokenID] {
        let tokenizer = try checkpoint.tokenizer
        let text = json.stringValue ?? json["text"]?.stringValue ?? json["prompt"]?.stringValue
        let tokens: [TokenID]
        if let text {
            tokens = try tokenizer.encode(text, addSpecial: true)
        } else if let messages = (json["request"] ?? json)["messages"]?.arrayValue {
            let tools = (json["request"] ?? json)["tools"]?.arrayValue
            let parsed = try messages.map { message throws(MessageError) in try Message(json: message) }
            guard let last = parsed.last else { throw InferenceError("messages: none, expected at least one") }
            let encoder = ChatEncoder(tokenizer: tokenizer, template: try checkpoint.template, now: date)
            tokens = try encoder.conversation(
                parsed, tools: tools?.isEmpty == true ? nil : tools, addGenerationPrompt: last.role != .assistant
            ).tokens.ids
        } else {
            let found = json.objectValue.map { "an object with \($0.keys.prefix(8).joined(separator: ", "))" }
            throw InferenceError(
                "\(found ?? json.kindName), expected an object with \"messages\", \"text\" or \"prompt\", or a string")
        }
        guard !tokens.isEmpty else { throw InferenceError("no tokens, expected at least one") }
        return tokens
    }
}
