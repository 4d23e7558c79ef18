package import JSON

/// What a server's response says of an error, whichever of the vendors' shapes it has.
package struct ServerError: Sendable {
    /// `insufficient_quota`, `429`, …: the vendor's code, or its type where there is no code.
    package var words: [String] = []
    /// The HTTP status that the body itself names.
    package var status: Int?
    /// The parameters of the request that it names.
    package var parameters: [String] = []
    /// What it says to people, uncleaned.
    package var message = ""

    /// Reads the body of an error response; one that is not JSON says nothing.
    package init(body: [UInt8]) {
        // A page of HTML has no word for us.
        guard let json = try? JSONValue(parsing: body) else { return }
        read(json, depth: 0)
    }

    /// The error that stands in the body of a response with status 200; nil where none does.
    package init?(insideOf json: JSONValue) {
        let choice = json["choices"]?.arrayValue?.first
        let stated = [json["error"], choice?["error"]].compactMap { $0 }.first(where: ServerError.isError)
        let hasFailed = ["type", "object", "status"].contains { json[$0]?.stringValue == "error" }
        // MiniMax tells everything under 200.
        let base = json["base_resp"]?["status_code"]?.integerValue ?? 0
        if let stated {
            read(stated, depth: 1)
        } else if base != 0 {
            words = ["\(base)"]
            message = json["base_resp"]?["status_msg"]?.stringValue ?? ""
            status = [1002: 429, 1004: 401, 1008: 402, 1039: 429, 2013: 400][base]
        } else if hasFailed || ServerError.isBare(json) {
            read(json, depth: 0)
        } else if choice?["finish_reason"]?.stringValue?.lowercased() == "error" {
            words = ["error"]
        } else {
            return nil
        }
    }

    /// Some servers write `"error": ""`, `false`, `0` or `{}` where nothing is wrong.
    private static func isError(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false): false
        case .string(let text): !text.isEmpty
        case .object(let object): !object.isEmpty
        case .array(let elements): !elements.isEmpty
        default: value.doubleValue != 0
        }
    }

    /// An error without anything around it: `{"message": …}`, `{"detail": …}`, `{"code": …, "msg": …}`.
    private static func isBare(_ json: JSONValue) -> Bool {
        json["choices"]?.arrayValue == nil && json["content"] == nil
            && ["message", "detail", "msg", "errors"].contains { json[$0].map(isError) ?? false }
    }

    private mutating func read(_ json: JSONValue, depth: Int) {
        guard depth < 4 else { return }
        switch json {
        case .string(let text): say(text)
        case .array(let list): for element in list.prefix(4) { read(element, depth: depth + 1) }
        case .object:
            for key in ["code", "type", "status", "error_code"] {
                guard let value = json[key] else { continue }
                if let text = value.stringValue { words.append(text) }
                if let number = value.integerValue ?? value.stringValue.flatMap({ Int($0) }) {
                    if (400...599).contains(number) { status = status ?? number }
                    if value.stringValue == nil { words.append("\(number)") }
                }
            }
            if let parameter = json["param"]?.stringValue { parameters.append(parameter) }
            // Pydantic, which many servers check requests with.
            if let place = json["loc"]?.arrayValue?.last?.stringValue { parameters.append(place) }
            for key in ["error", "errors", "message", "msg", "detail"] {
                if let inner = json[key], !inner.isNull { read(inner, depth: depth + 1) }
            }
            // What the provider behind an aggregator said.
            if let raw = json["metadata"]?["raw"]?.stringValue { say(raw) }
        default: return
        }
    }

    private mutating func say(_ text: String) {
        guard !text.isEmpty, message.utf8.count < 1 << 12 else { return }
        message += (message.isEmpty ? "" : ": ") + text
    }

    /// The status to treat an error by that came with 200.
    package var impliedStatus: Int {
        if let status { return status }
        for word in words {
            if let status = ServerError.statuses[word.lowercased()] { return status }
        }
        return 502
    }

    /// Words that vendors have for what others say with a status.
    private static let statuses = [
        "overloaded_error": 529, "rate_limit_error": 429, "rate_limit_exceeded": 429, "insufficient_quota": 429,
        "resource_exhausted": 429, "too_many_requests": 429, "authentication_error": 401, "invalid_api_key": 401,
        "unauthenticated": 401, "permission_error": 403, "permission_denied": 403, "not_found_error": 404,
        "model_not_found": 404, "invalid_request_error": 400, "invalid_argument": 400, "badrequesterror": 400,
        "context_length_exceeded": 400, "content_filter": 400, "request_too_large": 413, "billing_error": 402,
        "timeout_error": 504, "api_error": 500, "server_error": 500, "internal_server_error": 500,
    ]

    /// One word that can be shown: of ASCII, short, and more than what the status says.
    package var shownWord: String? {
        words.first { word in
            !word.isEmpty && word.utf8.count <= 64 && word != "error" && Int(word) == nil
                && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
    }
}
