import PlainText

/// A JSON value that keeps what Foundation's decoder loses: the order of an object's keys, and every number as it was
/// written.
///
/// Chat templates show both (`tojson` of a tool's schema), and so does everything that is hashed. Values are equal where
/// they are written the same way: texts and keys by their bytes, `1` and `1.0` not at all.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// An integer whose digits are those of the `Int`.
    case integer(Int)
    /// A number with a fraction or an exponent that is written as Swift writes the `Double`.
    case number(Double)
    /// Any other number.
    case decimal(JSONDecimal)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The text of a string, or nil for any other kind.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The value of a boolean, or nil for any other kind.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The value of an integer, or of a number without a fraction that an `Int` can hold.
    public var integerValue: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        case .decimal(let value): value.integerValue
        default: nil
        }
    }

    /// The value of a number, to the precision of a `Double`; nil for one that is too large for it.
    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .decimal(let value): value.doubleValue
        default: nil
        }
    }

    /// The elements of an array, or nil for any other kind.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members of an object, or nil for any other kind.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether this is JSON's `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The value, or nil for `null`. (A bare `nil` beside a value is JSON's `null`, and not the absence of one.)
    public var unlessNull: JSONValue? {
        guard !isNull else { return Optional.none }
        return self
    }

    /// Whether this is a number, written in whatever way.
    public var isNumber: Bool {
        switch self {
        case .integer, .number, .decimal: true
        default: false
        }
    }

    /// Whether two numbers have the same value, however they are written; false for anything else.
    public func isSameNumber(as other: JSONValue) -> Bool {
        guard isNumber, other.isNumber else { return false }
        guard let value = ExactNumber(serialized()), let otherValue = ExactNumber(other.serialized()) else {
            return self == other
        }
        return value == otherValue
    }

    /// The member of an object with this key; nil if there is none or this is not an object.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// What kind of value this is, in JSON's own words, for messages to people.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .decimal(let value): value.isIntegral ? "an integer" : "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: Hashable {
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.decimal(let left), .decimal(let right)): left == right
        case (.string(let left), .string(let right)): left.isExactly(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .decimal(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
    }
    public init(nilLiteral: ()) { self = .null }
}
