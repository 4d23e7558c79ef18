public import Dialects

/// What became of every row that a pull saw: `seen` is always the sum of all other counts.
public struct PullReconciliation: Sendable, Hashable {
    public private(set) var seen = 0
    /// New in the workspace.
    public private(set) var kept = 0
    /// In the workspace since an earlier pull.
    public private(set) var present = 0
    /// Seen before in this pull: the overlap of two files, or a row logged twice.
    public private(set) var repeated = 0
    public private(set) var dropped: [DropReason: Int] = [:]
    /// Rows about which something was decided. They are among those kept, already there, or repeated.
    public private(set) var notes: [RowNote: Int] = [:]

    /// What became of one row.
    enum Outcome { case kept, present, repeated, dropped(DropReason) }

    public init() {}

    mutating func count(_ outcome: Outcome) {
        seen += 1
        switch outcome {
        case .kept: kept += 1
        case .present: present += 1
        case .repeated: repeated += 1
        case .dropped(let reason): dropped[reason, default: 0] += 1
        }
    }

    mutating func count(_ note: RowNote) { notes[note, default: 0] += 1 }

    /// Rows dropped for any reason.
    public var droppedCount: Int { dropped.values.reduce(0, +) }
    /// Rows dropped although they were asked for.
    public var lostCount: Int { dropped.reduce(0) { $0 + ($1.key.isLoss ? $1.value : 0) } }
    public var isBalanced: Bool { seen == kept + present + repeated + droppedCount }

    /// The counts by the names under which reports show them; only reasons that occurred.
    public var counts: [(name: String, value: Int)] {
        let reasons = DropReason.allCases.compactMap { reason in dropped[reason].map { (reason, $0) } }
        return [("seen", seen), ("kept", kept), ("already_there", present), ("repeated", repeated)]
            + reasons.map { ("dropped_\($0.0.rawValue)", $0.1) }
            + RowNote.allCases.compactMap { note in notes[note].map { (note.rawValue, $0) } }
    }

    public static func += (left: inout PullReconciliation, right: PullReconciliation) {
        left.seen += right.seen
        left.kept += right.kept
        left.present += right.present
        left.repeated += right.repeated
        left.dropped.merge(right.dropped, uniquingKeysWith: +)
        left.notes.merge(right.notes, uniquingKeysWith: +)
    }
}
