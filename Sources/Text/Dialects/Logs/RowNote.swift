/// What was decided about a row that is kept. The raw value is what reports count under.
public enum RowNote: String, Sendable, Hashable, CaseIterable {
    case repeatedKeys = "repeated_keys"
    case loneHalves = "lone_surrogates"
    case severalAnswers = "several_answers"
    case otherTime = "other_time"
    case taggedLater = "tagged_later"

    /// For people, after the number of rows.
    public var text: String {
        switch self {
        case .repeatedKeys: "have a key twice in one object; the last value counts"
        case .loneHalves: "have half a surrogate pair, for which U+FFFD stands now"
        case .severalAnswers: "have several answers (n > 1); the first counts"
        case .otherTime: "have a time that is not understood; another of the record counts"
        case .taggedLater: "were there already and have a tag now"
        }
    }

    /// Whether something of the row was given up, which a person should know.
    public var isWarning: Bool { self != .taggedLater }
}
