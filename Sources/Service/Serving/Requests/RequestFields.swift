import JSON
import PlainText
import Storage

/// Typed reads of a request body's fields: a wrong kind, a value out of range, a field that would change the answer
/// but is not supported here, and a field that nobody knows are each an error that names the field. A field that is
/// null is one that was not sent.
struct RequestFields {
    /// The fields that were sent.
    let object: JSONObject

    init(_ body: JSONValue, isChat: Bool) throws {
        guard let object = body.objectValue else {
            throw APIError.invalid("the request body: \(body.kindName), expected an object")
        }
        self.object = JSONObject(object.members.filter { !$0.value.isNull })
        for (field, value) in self.object.members {
            guard let rule = FieldRule.all[field] else { throw RequestFields.unknown(field) }
            guard rule.route != (isChat ? .text : .chat) else {
                // What is switched off asks for nothing.
                if value == false { continue }
                throw APIError.unsupported(field, FieldRule.elsewhere(field, isChat: isChat))
            }
            switch rule.effect {
            case .followed: break
            case .inert:
                if let excess = FieldRule.excess(value) {
                    throw APIError.invalid("\(field): \(excess)", parameter: field)
                }
            case .unused(let reason, let isUnused):
                if !isUnused(value) { throw APIError.unsupported(field, reason) }
            }
        }
        try checkSize()
    }

    /// What a request says beside its text has at most so many bytes: the decision log keeps all of it.
    private static let settingsByteCount = 1 << 16

    private func checkSize() throws {
        var sum = 0
        for (field, value) in object.members where field != "messages" && field != "prompt" {
            sum += value.serializedBytes().count
            guard sum <= RequestFields.settingsByteCount else {
                throw APIError.invalid(
                    "\(field): the fields beside the text have more than \(RequestFields.settingsByteCount) bytes",
                    parameter: field)
            }
        }
    }

    private static func unknown(_ field: String) -> APIError {
        let guess = Spelling.nearest(to: field, among: FieldRule.all.keys.sorted())
        return .unsupported(
            String(field.prefix(80)), "unknown field\(guess.map { "; did you mean '\($0)'?" } ?? "")")
    }

    /// A field's value; nil for one that is missing or null.
    subscript(field: String) -> JSONValue? { object[field] }

    func string(_ field: String) throws -> String {
        guard let value = self[field] else {
            throw APIError.invalid("\(field): missing, expected a string", parameter: field)
        }
        guard let text = value.stringValue else { throw RequestFields.wrong(field, value, "a string") }
        return text
    }

    func boolean(_ field: String) throws -> Bool {
        guard let value = self[field] else { return false }
        guard let boolean = value.boolValue else { throw RequestFields.wrong(field, value, "true or false") }
        return boolean
    }

    func number(_ field: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = self[field] else { return nil }
        guard let number = value.doubleValue, range.contains(number) else {
            throw RequestFields.wrong(field, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func integer(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = self[field] else { return nil }
        guard let integer = value.integerValue, range.contains(integer) else {
            throw RequestFields.wrong(
                field, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    static func wrong(_ field: String, _ value: JSONValue, _ expected: String) -> APIError {
        let found: String =
            switch value {
            case .bool: value.serialized()
            // Also one that no Double can hold, which is said as it was written.
            case .decimal: String(value.serialized().prefix(40))
            case _ where value.doubleValue != nil: String(value.serialized().prefix(40))
            default: value.kindName
            }
        return .invalid("\(field): \(found), expected \(expected)", parameter: field)
    }
}
