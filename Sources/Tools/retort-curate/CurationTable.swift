import Datasets
import Foundation
import Interactions
import Storage

/// What a curation came to, as people read it.
enum CurationTable {
    static func text(_ curation: Curation, _ version: DatasetVersion) -> String {
        let counts = curation.counts
        var rows = [("examples", "\(counts.examples)")]
        rows.append(("repeated", "\(counts.repeated)"))
        if counts.corrected > 0 { rows.append(("corrected by a later label", "\(counts.corrected)")) }
        if counts.reusedIDs > 0 { rows.append(("with an id of other inputs", "\(counts.reusedIDs)")) }
        rows.append(("exact duplicates", "\(counts.exactDuplicates)"))
        rows.append(("contradictory labels", "\(counts.contradictions)"))
        rows.append(("near-duplicate groups", "\(counts.groups)"))
        rows.append(("dropped: near the test period", "\(counts.droppedNearDuplicates)"))
        rows.append(("rows with a gold truth", "\(counts.gold)"))
        if counts.goldReplaced > 0 { rows.append(("of those, not the teacher's label", "\(counts.goldReplaced)")) }
        if counts.goldUnmatched > 0 { rows.append(("gold truths that match no input", "\(counts.goldUnmatched)")) }
        if counts.withLogprobs > 0 { rows.append(("rows with log-probabilities", "\(counts.withLogprobs)")) }
        for split in Split.allCases {
            guard let file = version.manifest.splits[split] else { continue }
            let span = [file.oldest, file.newest].compactMap { $0 }.map(Timestamp.text).joined(separator: " to ")
            rows.append(
                (split.rawValue, "\(file.rows) rows, \(file.labels.count) labels\(span.isEmpty ? "" : ", ")\(span)"))
        }
        let similarity = curation.maximumCrossSplitSimilarity.map { String(format: "%.3f", $0) }
        rows.append(("largest similarity to test", similarity ?? "below \(Curation.similarityFloor)"))
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }.joined(separator: "\n")
    }
}
