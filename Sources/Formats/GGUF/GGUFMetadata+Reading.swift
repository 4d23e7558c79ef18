/// Reads by key and type: a missing key or another type is a ``GGUFError`` that names the key.
///
/// The `optional…` forms return nil for a missing key and throw for a wrong type.
extension GGUFMetadata {
    public func string(_ key: String) throws(GGUFError) -> String { try required(key, "a string", optionalString(key)) }

    public func optionalString(_ key: String) throws(GGUFError) -> String? { try read(key, "a string", \.string) }

    /// An integer of any width that fits in `Int`.
    public func integer(_ key: String) throws(GGUFError) -> Int {
        try required(key, "an integer", optionalInteger(key))
    }

    public func optionalInteger(_ key: String) throws(GGUFError) -> Int? { try read(key, "an integer", \.integer) }

    /// A floating-point number or integer of any width.
    public func number(_ key: String) throws(GGUFError) -> Double { try required(key, "a number", optionalNumber(key)) }

    public func optionalNumber(_ key: String) throws(GGUFError) -> Double? { try read(key, "a number", \.number) }

    public func boolean(_ key: String) throws(GGUFError) -> Bool {
        try required(key, "a boolean", optionalBoolean(key))
    }

    public func optionalBoolean(_ key: String) throws(GGUFError) -> Bool? { try read(key, "a boolean", \.boolean) }

    public func integers(_ key: String) throws(GGUFError) -> [Int] {
        try required(key, "an array of integers", optionalIntegers(key))
    }

    public func optionalIntegers(_ key: String) throws(GGUFError) -> [Int]? {
        try read(key, "an array of integers", \.array?.integers)
    }

    public func numbers(_ key: String) throws(GGUFError) -> [Double] {
        try required(key, "an array of numbers", optionalNumbers(key))
    }

    public func optionalNumbers(_ key: String) throws(GGUFError) -> [Double]? {
        try read(key, "an array of numbers", \.array?.numbers)
    }

    public func booleans(_ key: String) throws(GGUFError) -> [Bool] {
        try required(key, "an array of booleans", optionalBooleans(key))
    }

    public func optionalBooleans(_ key: String) throws(GGUFError) -> [Bool]? {
        try read(key, "an array of booleans", \.array?.booleans)
    }

    public func strings(_ key: String) throws(GGUFError) -> [String] {
        try required(key, "an array of strings", optionalStrings(key))
    }

    public func optionalStrings(_ key: String) throws(GGUFError) -> [String]? {
        try read(key, "an array of strings", \.array?.strings)
    }

    /// An array of strings as bytes: for token lists, which may hold what is not UTF-8.
    public func stringBytes(_ key: String) throws(GGUFError) -> [[UInt8]] {
        try required(key, "an array of strings", optionalStringBytes(key))
    }

    public func optionalStringBytes(_ key: String) throws(GGUFError) -> [[UInt8]]? {
        try read(key, "an array of strings", \.array?.stringBytes)
    }

    /// The value of a key that must be there, of any type.
    public func value(_ key: String) throws(GGUFError) -> GGUFValue { try required(key, "a value", self[key]) }

    private func required<Value>(_ key: String, _ wanted: String, _ value: Value?) throws(GGUFError) -> Value {
        guard let value else {
            throw GGUFError(path: path, field: "metadata \"\(key)\"", problem: "missing, expected \(wanted)")
        }
        return value
    }

    private func read<Value>(
        _ key: String, _ wanted: String, _ convert: (GGUFValue) -> Value?
    ) throws(GGUFError) -> Value? {
        guard let found = self[key] else { return nil }
        guard let value = convert(found) else {
            throw GGUFError(path: path, field: "metadata \"\(key)\"", problem: "\(found.kind), expected \(wanted)")
        }
        return value
    }
}

extension GGUFValue {
    /// The value's type in words, for errors: `array of 3 string`.
    var kind: String {
        switch self {
        case .array(let array): "array of \(array.count) \(array.elementType)"
        default: "\(type)"
        }
    }
}
