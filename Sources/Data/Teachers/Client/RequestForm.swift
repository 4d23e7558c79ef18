import Dialects
import JSON

/// What a model wants a request to look like, beyond its dialect: by which name the limit goes, whether it takes a
/// temperature, and how much room for thoughts it needs before the answer.
///
/// Known by the model's family, or learned from what the server refuses (``learn(from:sent:overrides:)``).
struct RequestForm: Sendable, Hashable {
    var limitName = OpenAIChat.LimitName.maxTokens
    var takesTemperature = true
    /// Tokens that are added to the answer's limit, for thoughts that nobody sees but that count.
    var thinkingRoom = 0
    /// Whether the server refused the room above this one as too large.
    var isRoomFinal = false
    /// Whether each name of the limit was refused once: then neither is tried again.
    var triedNames: Set<OpenAIChat.LimitName> = []

    /// The room of models that think, and what it becomes when thoughts have filled it.
    static let firstRoom = 4096
    static let largestRoom = 16384

    init() {}

    /// What is known of a model before it is asked.
    init(model: String, dialect: Dialect, host: String, overrides: RequestOverrides) {
        let name = model.lowercased().split(separator: "/").last.map(String.init) ?? ""
        switch dialect {
        case .openai:
            // OpenAI's newer models refuse the old name; most compatible servers know only that.
            if host == "api.openai.com" || host.hasSuffix(".openai.azure.com") { limitName = .maxCompletionTokens }
            if RequestForm.isReasoningModelOfOpenAI(name) {
                limitName = .maxCompletionTokens
                takesTemperature = false
                thinkingRoom = RequestForm.firstRoom
            } else if RequestForm.thinkers.contains(where: name.contains) {
                thinkingRoom = RequestForm.firstRoom
            }
            if let effort = overrides.members["reasoning_effort"]?.stringValue, effort != "none" {
                takesTemperature = false
                thinkingRoom = RequestForm.firstRoom
            }
        case .anthropic:
            let thinking = overrides.members["thinking"]
            if let type = thinking?["type"]?.stringValue, type != "disabled" {
                // A thinking model takes no temperature, and its limit must be more than the thoughts'.
                takesTemperature = false
                thinkingRoom = max(RequestForm.firstRoom, min(thinking?["budget_tokens"]?.integerValue ?? 0, 1 << 20))
            }
        }
    }

    /// `o1`, `o3-mini`, `gpt-5`, `gpt-5.2-…`; not their chat models, which do not think.
    private static func isReasoningModelOfOpenAI(_ name: String) -> Bool {
        let parts = name.split(separator: "-")
        guard let first = parts.first, !parts.contains("chat") else { return false }
        if first.count == 2, first.hasPrefix("o"), first.last?.isNumber == true { return true }
        guard first == "gpt", parts.count > 1 else { return false }
        let generation = parts[1].prefix { $0.isNumber }
        return (Int(generation) ?? 0) >= 5
    }

    /// Parts of the names of models that think before they answer, within the answer's limit.
    private static let thinkers = [
        "reasoner", "reasoning", "thinking", "deepseek-r", "qwq", "magistral", "gpt-oss", "gemini-2.5", "gemini-3",
        "grok-4", "-r1",
    ]

    /// How this differs from what is asked by default, for people.
    func differences(from limitName: OpenAIChat.LimitName = .maxTokens) -> [String] {
        var differences: [String] = []
        if self.limitName != limitName {
            differences.append("\(self.limitName.rawValue) instead of \(limitName.rawValue)")
        }
        if !takesTemperature { differences.append("no temperature") }
        if thinkingRoom > 0 { differences.append("\(thinkingRoom) tokens more than the answer's limit, for thoughts") }
        return differences
    }
}
