import Conversations
import Storage

/// Typed reads of a request body's fields: a wrong kind, a value out of range, a field that would change the answer
/// but is not supported here, and a field that nobody knows are each an error that names the field.
struct RequestFields {
    let body: JSONValue
    private let object: JSONObject

    /// Accepted from every client because they do not change an answer here.
    private static let inert: Set<String> = [
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        "parallel_tool_calls", "best_of",
    ]
    /// Supported only with the value that means "not used".
    private static let unused: [(field: String, allowed: [JSONValue], reason: String)] = [
        ("n", [1], "only one answer a request is supported"),
        ("best_of", [1], "only one answer a request is supported"),
        ("echo", [false], "echoing the prompt is not supported"),
        ("suffix", [""], "inserting before a suffix is not supported"),
        ("tools", [[]], "tools are not supported"),
        ("tool_choice", ["none", "auto"], "tools are not supported"),
        ("functions", [[]], "tools are not supported"),
        ("function_call", ["none", "auto"], "tools are not supported"),
        ("modalities", [["text"]], "only text is supported"),
        ("audio", [], "only text is supported"),
        ("prediction", [], "predicted output is not supported"),
        ("reasoning_effort", ["none"], "reasoning is not supported"),
        ("verbosity", ["medium"], "verbosity is not supported"),
        ("web_search_options", [], "search is not supported"),
        ("response_format", [["type": "text"]], "only text is supported"),
    ]
    private static let known = [
        "model", "messages", "prompt", "stream", "stream_options", "temperature", "top_p", "top_k", "min_p",
        "max_tokens", "max_completion_tokens", "stop", "seed", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "logit_bias", "logprobs", "top_logprobs",
    ]

    init(_ body: JSONValue) throws {
        guard let object = body.objectValue else {
            throw APIError.invalid("the request body: \(body.kindName), expected an object")
        }
        self.body = body
        self.object = object
        for (field, allowed, reason) in RequestFields.unused {
            guard let value = self[field], !allowed.contains(value) else { continue }
            throw APIError.unsupported(field, reason)
        }
        let all = RequestFields.known + RequestFields.unused.map(\.field) + RequestFields.inert
        for field in object.keys where !all.contains(field) {
            let guess = Spelling.nearest(to: field, among: all).map { "; did you mean '\($0)'?" } ?? ""
            throw APIError.unsupported(String(field.prefix(80)), "unknown field\(guess)")
        }
    }

    /// A field's value; nil for one that is missing or null.
    subscript(field: String) -> JSONValue? { object[field].flatMap { $0.isNull ? nil : $0 } }

    func string(_ field: String) throws -> String {
        guard let value = self[field] else {
            throw APIError.invalid("\(field): missing, expected a string", parameter: field)
        }
        guard let text = value.stringValue else { throw wrong(field, value, "a string") }
        return text
    }

    func boolean(_ field: String) throws -> Bool {
        guard let value = self[field] else { return false }
        guard let boolean = value.boolValue else { throw wrong(field, value, "true or false") }
        return boolean
    }

    func number(_ field: String, default fallback: Double, in range: ClosedRange<Double>) throws -> Double {
        guard let value = self[field] else { return fallback }
        guard let number = value.doubleValue, range.contains(number) else {
            throw wrong(field, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func integer(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = self[field] else { return nil }
        guard let integer = value.integerValue, range.contains(integer) else {
            throw wrong(field, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func wrong(_ field: String, _ value: JSONValue, _ expected: String) -> APIError {
        let found: String =
            switch value {
            case .integer, .number, .decimal, .bool: value.serialized()
            default: value.kindName
            }
        return .invalid("\(field): \(found), expected \(expected)", parameter: field)
    }
}
