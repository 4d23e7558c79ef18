public import JSON

/// Members of the request body that somebody set by hand, in the dialect's own words: they win over everything that
/// is known or learned of the model, and are never changed silently.
public struct RequestOverrides: Sendable, Hashable {
    /// A value, or null for a member that is left out.
    public private(set) var members = JSONObject()

    /// Nothing set by hand.
    public static let none = RequestOverrides()

    private init() {}

    /// Members that the labeler or the server decides, with the reason.
    private static let kept = [
        "model": "it is given by its own flag", "messages": "they come from the task",
        "system": "it comes from the task", "stream": "answers are read whole",
        "n": "one answer is read, and all are paid for",
    ]

    /// Reads `key=value` texts. A value is JSON; a word that is not stands for itself; null leaves the member out.
    ///
    /// - Throws: a ``TeacherError`` of kind ``TeacherError/Kind/configuration`` that names the text.
    public init(parsing texts: [String], flag: String = "--teacher-option") throws(TeacherError) {
        for text in texts {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw TeacherError(
                    .configuration, "\(flag): '\(text)', expected key=value: temperature=null, reasoning_effort=low, …")
            }
            let key = String(text[..<sign])
            if let reason = RequestOverrides.kept[key] {
                throw TeacherError(.configuration, "\(flag): '\(key)' cannot be set: \(reason)")
            }
            guard members[key] == nil else {
                throw TeacherError(.configuration, "\(flag): '\(key)' is given twice, expected once")
            }
            members[key] = try RequestOverrides.value(String(text[text.index(after: sign)...]), of: key, flag)
        }
    }

    private static func value(_ text: String, of key: String, _ flag: String) throws(TeacherError) -> JSONValue {
        let value: JSONValue
        do {
            let document = try JSONDocument(parsing: text.utf8)
            if let doubt = document.doubt { throw TeacherError(.configuration, "\(flag): \(key): \(doubt)") }
            value = document.value
        } catch let error as TeacherError {
            throw error
        } catch {
            // `low` is a word; `{"type":` is JSON with a mistake, and so are `NaN` and `0x10`.
            let first = text.utf8.first { $0 != 0x20 } ?? 0
            let isMeantAsJSON = "{[\"-0123456789".utf8.contains(first) || Double(text) != nil || text.isEmpty
            guard isMeantAsJSON else { return .string(text) }
            throw TeacherError(.configuration, "\(flag): \(key): \(error), expected a JSON value or a word")
        }
        guard !value.isNumber || value.doubleValue != nil else {
            throw TeacherError(.configuration, "\(flag): \(key): '\(text)', expected a number that is not infinite")
        }
        return value
    }

    /// Sets one more member; one that is set already stays.
    public mutating func add(_ key: String, _ value: JSONValue) { if members[key] == nil { members[key] = value } }

    public func sets(_ key: String) -> Bool { members[key] != nil }
}
