/// The members of a JSON object in the order in which they were written; of a repeated key the last value counts.
///
/// Objects in logs and schemas are small, so look-up walks the members.
public struct JSONObject: Sendable, Hashable {
    public private(set) var members: [(key: String, value: JSONValue)]

    public init() { members = [] }

    /// An object with these members; of a repeated key the first place and the last value stand.
    public init(_ members: [(key: String, value: JSONValue)]) {
        self.members = members
        guard hasRepeatedKeys else { return }
        var places: [String: Int] = [:]
        var kept: [(key: String, value: JSONValue)] = []
        for member in members {
            if let place = places[member.key] {
                kept[place].value = member.value
            } else {
                places[member.key] = kept.count
                kept.append(member)
            }
        }
        self.members = kept
    }

    private var hasRepeatedKeys: Bool {
        if members.count > 12 { return Set(members.lazy.map(\.key)).count != members.count }
        for index in members.indices.dropFirst() {
            for earlier in 0..<index where members[earlier].key == members[index].key { return true }
        }
        return false
    }

    public var keys: [String] { members.map(\.key) }
    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a key; assigning nil removes the member, assigning to a new key appends it.
    public subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
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
        left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}
