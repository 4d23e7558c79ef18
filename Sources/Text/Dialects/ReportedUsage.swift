package import JSON

/// The tokens that a response says it was billed for, or why that cannot be.
///
/// Whatever a server writes here is money, so nothing is guessed: a usage that is missing or impossible is refused,
/// and the request is booked at the most it can cost until somebody settles it.
package enum ReportedUsage: Sendable, Hashable {
    case stated(TokenUsage)
    /// What is wrong with it: `completion_tokens: 4294967295, expected 0 to 1048576`.
    case refused(String)

    /// No model writes more than this in one answer, its thoughts included.
    static let mostOutput = 1 << 20
    /// No model reads more than this at once.
    static let mostInput = 1 << 24

    struct Refusal: Error { var reason: String }

    /// - Parameter hasAnswer: whether the response says anything, so that it cannot have cost nothing.
    package init(_ json: JSONValue, dialect: Dialect, hasAnswer: Bool) {
        do throws(Refusal) {
            guard let usage = json["usage"], !usage.isNull else { throw Refusal(reason: "usage: missing") }
            guard usage.objectValue != nil else {
                throw Refusal(reason: "usage: \(usage.kindName), expected an object")
            }
            let stated = try dialect.usage(usage)
            guard stated.input > 0 else { throw Refusal(reason: "usage: no input tokens, expected more than 0") }
            guard stated.output > 0 || !hasAnswer else {
                throw Refusal(reason: "usage: no output tokens for an answer, expected more than 0")
            }
            self = .stated(stated)
        } catch {
            self = .refused(error.reason)
        }
    }

    static func count(_ usage: JSONValue, _ key: String, upTo most: Int) throws(Refusal) -> Int {
        guard let count = try optional(usage, key, upTo: most) else { throw Refusal(reason: "\(key): missing") }
        return count
    }

    static func optional(_ usage: JSONValue, _ key: String, upTo most: Int) throws(Refusal) -> Int? {
        guard let value = usage[key], !value.isNull else { return nil }
        guard let count = value.integerValue, (0...most).contains(count) else {
            // Of a number only a few digits are shown: a server can send a million.
            let found = value.doubleValue == nil ? value.kindName : String(value.serialized().prefix(24))
            throw Refusal(reason: "\(key): \(found), expected a whole number from 0 to \(most)")
        }
        return count
    }
}
