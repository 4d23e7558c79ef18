import PlainText

/// The members of a JSON object in the order in which they were written; of a repeated key the last value counts.
/// Keys are the same where their bytes are: "é" of one scalar and "é" of two are two keys.
///
/// Objects in logs and schemas are small, so look-up walks the members.
public struct JSONObject: Sendable, Hashable {
    public private(set) var members: [(key: String, value: JSONValue)]

    public init() { members = [] }

    /// An object with these members; of a repeated key the first place and the last value stand.
    public init(_ members: [(key: String, value: JSONValue)]) {
        self.members = members
        guard hasRepeatedKeys else { return }
        var places: [ExactText: Int] = [:]
        var kept: [(key: String, value: JSONValue)] = []
        for member in members {
            let key = ExactText(member.key)
            if let place = places[key] {
                kept[place].value = member.value
            } else {
                places[key] = kept.count
                kept.append(member)
            }
        }
        self.members = kept
    }

    private var hasRepeatedKeys: Bool {
        if members.count > 12 { return Set(members.lazy.map { ExactText($0.key) }).count != members.count }
        for index in members.indices.dropFirst() {
            for earlier in 0..<index where members[earlier].key.isExactly(members[index].key) { return true }
        }
        return false
    }

    public var keys: [String] { members.map(\.key) }
    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a key; assigning nil removes the member, assigning to a new key appends it.
    public subscript(key: String) -> JSONValue? {
        get { members.first { $0.key.isExactly(key) }?.value }
        set {
            let index = members.firstIndex { $0.key.isExactly(key) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// Equal when the same members stand in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key.isExactly($1.key) && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}
