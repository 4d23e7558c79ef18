import Conversations
import JSON

/// A line of a split, in one of the forms that users have. `Documentation/Formats/TrainingData.md` describes them.
enum TrainingLine {
    /// OpenAI's fine-tune chat form (`messages`, `tools`), ShareGPT's (`conversations`), or a `prompt` with its
    /// `completion`.
    case conversation(Conversation)
    /// OpenAI's preference form (`input`, `preferred_output`, `non_preferred_output`), or TRL's (`prompt`, `chosen`,
    /// `rejected`).
    case preference(Preference)

    struct Conversation {
        var messages: [Message]
        var tools: [JSONValue]?
        /// What the line's assistant messages carry as `logprobs`, by the message's index.
        var logProbabilities: [Int: JSONValue] = [:]
    }

    struct Preference {
        var prompt: [Message]
        var tools: [JSONValue]?
        var chosen: Message
        var rejected: Message
    }

    init(_ json: JSONValue) throws {
        try TrainingLine.checkForms(json)
        try TrainingLine.checkOptions(json)
        if json["messages"] != nil {
            self = .conversation(try Conversation(json))
        } else if json["conversations"] != nil {
            self = .conversation(try Conversation(shareGPT: json))
        } else if json["preferred_output"] != nil || json["non_preferred_output"] != nil {
            self = .preference(try Preference(openAI: json))
        } else if json["chosen"] != nil || json["rejected"] != nil {
            self = .preference(try Preference(trl: json))
        } else if json["prompt"] != nil || json["completion"] != nil {
            self = .conversation(try Conversation(prompted: json))
        } else {
            throw TrainingError("\(json.kindName) without 'messages', expected {\"messages\": [...]}")
        }
    }

    /// Fields with which other trainers are told what to learn of a line, or how to render it, and the values that ask for
    /// nothing. None of them is followed.
    private static let options: [(key: String, isIdle: @Sendable (JSONValue) -> Bool)] = [
        ("label", { $0.boolValue == nil }), ("weight", { $0.doubleValue == 1 }),
        ("train_on_inputs", { $0 == false }), ("loss_mask", { _ in false }), ("train_mask", { _ in false }),
        ("labels", { $0.arrayValue?.contains(where: \.isNumber) != true }), ("input_ids", { _ in false }),
        ("chat_template_kwargs", { $0 == [:] }), ("chat_template", { _ in false }), ("images", { $0 == [] }),
        ("image", { $0 == "" }), ("videos", { $0 == [] }), ("audios", { $0 == [] }), ("audio", { $0 == "" }),
    ]

    private static func checkOptions(_ json: JSONValue) throws {
        for option in options {
            guard let value = json[option.key], !value.isNull, !option.isIdle(value) else { continue }
            throw TrainingError("\(option.key): not followed, expected a line without it")
        }
    }

    /// The fields by which the forms are told apart.
    private static let forms = [
        ["messages"], ["conversations"], ["preferred_output", "non_preferred_output"], ["chosen", "rejected"],
        ["completion"],
    ]

    /// Of a line in two forms one would be dropped. A prompt that repeats a message says nothing more.
    private static func checkForms(_ json: JSONValue) throws {
        func isGiven(_ key: String) -> Bool { json[key].map { !$0.isNull } ?? false }
        let given = forms.compactMap { $0.first(where: isGiven) }
        guard given.count < 2 else {
            throw TrainingError(
                "\(given.joined(separator: " and ")): a line in \(given.count) forms, expected one; "
                    + "see Documentation/Formats/TrainingData.md")
        }
        if let form = given.first, ["messages", "conversations"].contains(form), isGiven("prompt"),
            let prompt = json["prompt"], json[form]?.arrayValue?.contains(where: { $0.says(prompt) }) != true
        {
            throw TrainingError("prompt: beside \(form), expected one of them, or a message with this text")
        }
    }
}

extension TrainingLine.Preference {
    fileprivate init(openAI json: JSONValue) throws {
        guard let input = json["input"], let list = input["messages"]?.arrayValue else {
            throw TrainingError("input.messages: missing, expected an array of messages")
        }
        self.init(
            prompt: try list.trainingMessages(), tools: try input.trainingTools(),
            chosen: try TrainingLine.Preference.answer(json, "preferred_output", after: []),
            rejected: try TrainingLine.Preference.answer(json, "non_preferred_output", after: []))
        try check("preferred_output", "non_preferred_output")
    }

    /// With a prompt, or with two whole conversations that differ in their last message.
    fileprivate init(trl json: JSONValue) throws {
        var prompt: [Message]
        switch json["prompt"] {
        case .string(let text)?: prompt = [Message(.user, text)]
        case .array(let list)?: prompt = try list.trainingMessages()
        case nil, .null?:
            prompt = try TrainingLine.Preference.beginning(json, "chosen")
            guard try TrainingLine.Preference.beginning(json, "rejected") == prompt else {
                throw TrainingError(
                    "chosen and rejected: answers to unequal prompts, expected the same messages before the last one")
            }
        case let other?: throw TrainingError("prompt: \(other.kindName), expected a text or an array of messages")
        }
        if let system = try json.systemMessage() { prompt.insert(system, at: 0) }
        self.init(
            prompt: prompt, tools: try json.trainingTools(),
            chosen: try TrainingLine.Preference.answer(json, "chosen", after: prompt),
            rejected: try TrainingLine.Preference.answer(json, "rejected", after: prompt))
        try check("chosen", "rejected")
    }

    private func check(_ first: String, _ second: String) throws {
        guard !prompt.isEmpty else { throw TrainingError("prompt: no messages, expected at least one") }
        guard chosen != rejected else {
            throw TrainingError("\(first) and \(second): equal answers, expected one better than the other")
        }
    }

    /// All messages of a conversation but the last.
    private static func beginning(_ json: JSONValue, _ key: String) throws -> [Message] {
        guard let list = json[key]?.arrayValue, list.count > 1 else {
            throw TrainingError("prompt: missing, expected it, or whole conversations as chosen and rejected")
        }
        return Array(try list.trainingMessages().dropLast())
    }

    /// One assistant message; a list may begin with the prompt again.
    private static func answer(_ json: JSONValue, _ key: String, after prompt: [Message]) throws -> Message {
        switch json[key] {
        case .string(let text)?: return Message(.assistant, text)
        case .array(let list)?:
            var messages = try list.trainingMessages()[...]
            if messages.count > 1, messages.count == prompt.count + 1 {
                guard Array(messages.prefix(prompt.count)) == prompt else {
                    throw TrainingError("\(key): begins with another prompt, expected the pair's own or none")
                }
                messages = messages.dropFirst(prompt.count)
            }
            guard messages.count == 1, let answer = messages.first, answer.role == .assistant else {
                throw TrainingError("\(key): \(messages.count) messages, expected one of role assistant")
            }
            return answer
        case nil, .null?: throw TrainingError("\(key): missing, expected an answer")
        case let other?: throw TrainingError("\(key): \(other.kindName), expected a text or an array of messages")
        }
    }
}

extension JSONValue {
    /// Whether a message or a turn is this text.
    fileprivate func says(_ text: JSONValue) -> Bool { self["content"] == text || self["value"] == text }
}
