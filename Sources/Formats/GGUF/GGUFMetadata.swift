/// The key-value pairs of a GGUF file, in the order of the file.
public struct GGUFMetadata: Sendable {
    /// The keys, in order.
    public private(set) var keys: [String] = []
    private var values: [String: GGUFValue] = [:]
    /// The file that errors name; nil for metadata made in memory.
    public var path: String?

    public init(path: String? = nil) { self.path = path }

    public var count: Int { keys.count }

    public subscript(_ key: String) -> GGUFValue? { values[key] }

    /// The pairs, in order.
    public var pairs: [(key: String, value: GGUFValue)] {
        keys.compactMap { key in values[key].map { (key, $0) } }
    }

    /// Sets a value; a new key goes to the end.
    public mutating func set(_ key: String, _ value: GGUFValue) {
        if values.updateValue(value, forKey: key) == nil { keys.append(key) }
    }

    /// Removes a key, if it is there.
    public mutating func remove(_ key: String) {
        if values.removeValue(forKey: key) != nil { keys.removeAll { $0 == key } }
    }

    public mutating func set(_ key: String, _ text: String) { set(key, .string(text)) }
}
