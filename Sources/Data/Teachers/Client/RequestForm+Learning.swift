import Dialects
import JSON

extension RequestForm {
    /// Takes over what a refusal says of the request's parameters.
    ///
    /// - Parameter sent: the body that was refused; only what stands in it can have been meant.
    /// - Returns: whether another request is worth sending.
    mutating func learn(from stated: ServerError, sent: JSONObject, overrides: RequestOverrides) -> Bool {
        func isMeant(_ key: String) -> Bool {
            guard sent[key] != nil, !overrides.sets(key) else { return false }
            if !stated.parameters.isEmpty { return stated.parameters.contains { $0 == key || $0.hasSuffix("." + key) } }
            return RequestForm.mentions(key, in: stated.message)
        }
        if isMeant("temperature"), takesTemperature {
            takesTemperature = false
            return true
        }
        guard isMeant(limitName.rawValue) else { return false }
        if RequestForm.saysTooLarge(stated.message) {
            guard thinkingRoom >= 256 else { return false }
            thinkingRoom /= 4
            isRoomFinal = true
            return true
        }
        triedNames.insert(limitName)
        let other: OpenAIChat.LimitName = limitName == .maxTokens ? .maxCompletionTokens : .maxTokens
        guard !triedNames.contains(other) else { return false }
        limitName = other
        // Who refuses the old name thinks, as a rule, and thoughts count.
        if other == .maxCompletionTokens { thinkingRoom = max(thinkingRoom, RequestForm.firstRoom) }
        return true
    }

    /// Makes more room after thoughts have filled what there was.
    ///
    /// - Returns: whether there is more now.
    mutating func makeRoom() -> Bool {
        guard !isRoomFinal, thinkingRoom < RequestForm.largestRoom else { return false }
        thinkingRoom = thinkingRoom < RequestForm.firstRoom ? RequestForm.firstRoom : RequestForm.largestRoom
        return true
    }

    /// Whether a message names a parameter, as a word of its own.
    private static func mentions(_ key: String, in message: String) -> Bool {
        message.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == key }
    }

    private static func saysTooLarge(_ message: String) -> Bool {
        let message = message.lowercased()
        return ["too large", "too high", "too big", "at most", "less than or equal", "maximum", "exceed"]
            .contains(where: message.contains)
    }

    // MARK: kept between runs

    var json: JSONValue {
        [
            "limit": .string(limitName.rawValue), "temperature": .bool(takesTemperature),
            "thinking_room": .integer(thinkingRoom), "final": .bool(isRoomFinal),
            "tried": .array(triedNames.map(\.rawValue).sorted().map(JSONValue.string)),
        ]
    }

    /// Reads what an earlier run learned; nil for what no version of this has written.
    init?(_ json: JSONValue) {
        guard let limit = json["limit"]?.stringValue.flatMap(OpenAIChat.LimitName.init),
            let temperature = json["temperature"]?.boolValue, let room = json["thinking_room"]?.integerValue,
            (0...1 << 20).contains(room)
        else { return nil }
        self.init()
        limitName = limit
        takesTemperature = temperature
        thinkingRoom = room
        isRoomFinal = json["final"]?.boolValue ?? false
        triedNames = Set(
            (json["tried"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(OpenAIChat.LimitName.init) })
    }
}
