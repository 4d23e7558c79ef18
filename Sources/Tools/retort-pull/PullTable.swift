import Dialects
import Interactions

/// The reconciliation as people read it.
enum PullTable {
    static func text(_ counts: PullReconciliation) -> String {
        var rows = [("rows seen", counts.seen), ("kept", counts.kept), ("already there", counts.present)]
        rows.append(("repeated in this pull", counts.repeated))
        for reason in DropReason.allCases {
            if let count = counts.dropped[reason] { rows.append(("dropped: \(reason.text)", count)) }
        }
        if let tagged = counts.notes[.taggedLater] { rows.append(("of those there, tagged now", tagged)) }
        let width = rows.map(\.0.count).max() ?? 0
        let digits = String(counts.seen).count
        return rows.map { name, count in
            let number = String(count)
            return name + String(repeating: " ", count: width - name.count + 2 + digits - number.count) + number
        }.joined(separator: "\n")
    }
}
