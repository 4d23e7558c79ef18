import PlainText

/// A dictionary that keeps the order in which keys came, with keys compared as Python compares them.
struct TemplateDictionary {
    private(set) var keys: [TemplateValue] = []
    private(set) var values: [TemplateValue] = []
    /// Places by key; small dictionaries do without and are searched.
    private var places: [TemplateKey: Int] = [:]
    /// The message that the whole came from.
    var origin: Int32 = TemplateText.noOrigin

    /// How many levels of lists and dictionaries this is, and how much it holds in all; replaced values count on.
    private(set) var depth = 1
    private(set) var weight = 1

    private static let searched = 8

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }
    var pairs: [TemplateValue] { zip(keys, values).map { .tuple([$0, $1]) } }

    func value(_ key: TemplateValue) -> TemplateValue? { place(of: key).map { values[$0] } }

    func value(_ key: String) -> TemplateValue? { value(.text(key)) }

    private func place(of key: TemplateValue) -> Int? {
        if count > TemplateDictionary.searched { return places[TemplateKey(key)] }
        return keys.firstIndex { $0.isEqual(to: key) }
    }

    /// Sets a key that is known to be hashable.
    mutating func set(_ key: TemplateValue, _ value: TemplateValue) {
        depth = max(depth, 1 + value.depth)
        weight = Swift.min(weight, Int.max / 4) + Swift.min(key.weight + value.weight, Int.max / 4)
        if let place = place(of: key) {
            values[place] = value
            return
        }
        keys.append(key)
        values.append(value)
        if count == TemplateDictionary.searched + 1 {
            for (place, key) in keys.enumerated() { places[TemplateKey(key)] = place }
        } else if count > TemplateDictionary.searched {
            places[TemplateKey(key)] = count - 1
        }
    }

    mutating func set(_ key: String, _ value: TemplateValue) { set(.text(key), value) }
}

/// A value as a key: equal and hashed as Python does it (1, 1.0 and True are one key).
struct TemplateKey: Hashable {
    let value: TemplateValue

    init(_ value: TemplateValue) { self.value = value }

    static func == (left: TemplateKey, right: TemplateKey) -> Bool { left.value.isEqual(to: right.value) }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .text(let text): text.hash(into: &hasher)
        case .boolean, .integer, .float: hasher.combine(value.doubleValue)
        case .sequence(let sequence):
            for element in sequence.elements { TemplateKey(element).hash(into: &hasher) }
        default: break
        }
    }
}

extension TemplateValue {
    /// Whether Python would take this as a key.
    var isHashable: Bool {
        switch self {
        case .dictionary: false
        case .sequence(let sequence):
            sequence.isTuple ? sequence.elements.allSatisfy(\.isHashable) : sequence.kind == .range
        default: true
        }
    }
}
