import Foundation
import PlainText
import Tasks

extension Curation {
    /// An example, and its place in what was given.
    private struct Given {
        var example: LabeledExample
        var index: Int

        /// Whether it came before another: earlier, or at the same time but further up.
        func isBefore(_ other: Given) -> Bool {
            let times = (example.time ?? .distantPast, other.example.time ?? .distantPast)
            return times.0 == times.1 ? index < other.index : times.0 < times.1
        }
    }

    /// One candidate per input, by time and id.
    mutating func merge(
        _ examples: [LabeledExample], _ gold: GoldTruths, _ rule: SplitRule, _ place: (Int) -> String
    ) -> [CurationCandidate] {
        counts.examples = examples.count
        var distinct = oneForEachID(examples, place)
        var matched: Set<ExactText> = []
        for index in distinct.indices {
            let input = distinct[index].example.input
            guard let truth = gold.label(for: input) else { continue }
            distinct[index].example.gold = truth
            matched.insert(ExactText(TaskDefinition.trimmed(input)))
        }
        counts.goldUnmatched = gold.count - matched.count
        var candidates: [CurationCandidate] = []
        var contradictions: [[Given]] = []
        for (text, same) in Dictionary(grouping: distinct, by: { ComparableText($0.example.input) }) {
            candidates.append(candidate(text, same, rule))
            if Set(same.map { ExactText($0.example.label) }).count > 1 { contradictions.append(same) }
        }
        if let warning = gold.warning(matched: matched, inputs: Set(candidates.map(\.text))) {
            warnings.append(warning)
        }
        warn(of: contradictions, place)
        return candidates.sorted { Curation.isOlder($0.example, $1.example) }
    }

    private mutating func candidate(_ text: ComparableText, _ same: [Given], _ rule: SplitRule) -> CurationCandidate {
        let ordered = same.map(\.example).sorted(by: Curation.isOlder)
        // A fixed test period keeps its own copy, so that the period stays what it was.
        let kept = Curation.inPeriod(rule, ordered) ?? ordered[0]
        let latest = same.sorted { $0.isBefore($1) }.map(\.example)
        var example = kept
        example.label = Curation.majority(latest.map(\.label)) ?? kept.label
        example.gold = Curation.majority(latest.compactMap(\.gold))
        // Those of another label say nothing about this one, nor those of a label about a truth.
        let source = ([kept] + ordered).first { $0.label.isExactly(example.truth) && $0.logprobs != nil }
        example.logprobs = source?.logprobs
        let labeled = ([kept] + ordered).first { $0.label.isExactly(example.label) } ?? kept
        counts.exactDuplicates += same.count - 1
        if Set(same.map { ExactText($0.example.label) }).count > 1 { counts.contradictions += 1 }
        if example.gold != nil { counts.gold += 1 }
        if !example.truth.isExactly(example.label) { counts.goldReplaced += 1 }
        if example.logprobs != nil { counts.withLogprobs += 1 }
        return CurationCandidate(example: example, text: text, occurrences: same.count, label: LabelName(labeled))
    }

    // MARK: Ids

    /// One example for each id and input. An id that several inputs have says nothing, and each gets one of its own.
    private mutating func oneForEachID(_ examples: [LabeledExample], _ place: (Int) -> String) -> [Given] {
        let given = examples.enumerated().map { Given(example: $1, index: $0) }
        var kept: [Given] = []
        var corrections: [(kept: Int, replaced: Int)] = []
        var sharedIDs = 0
        for same in Dictionary(grouping: given, by: { $0.example.id }).values {
            let inputs = Dictionary(grouping: same) { ExactText($0.example.input) }.values
            if inputs.count > 1 {
                sharedIDs += 1
                counts.reusedIDs += same.count
            }
            for again in inputs {
                let ordered = again.sorted { $0.isBefore($1) }
                guard var last = ordered.last else { continue }
                last.example.gold = ordered.compactMap(\.example.gold).last
                for earlier in ordered.dropLast() {
                    if earlier.example.label.isExactly(last.example.label) {
                        counts.repeated += 1
                    } else {
                        counts.corrected += 1
                        corrections.append((last.index, earlier.index))
                    }
                }
                if inputs.count > 1 { last.example = last.example.withOwnID }
                kept.append(last)
            }
        }
        if !corrections.isEmpty {
            let places = corrections.sorted { $0 < $1 }.prefix(Curation.namedPlaces).map {
                "\(place($0.kept)) instead of \(place($0.replaced))"
            }
            warnings.append(
                "\(corrections.count) labels are corrected by a later one of the same id: "
                    + Curation.list(places, of: corrections.count))
        }
        if sharedIDs > 0 {
            warnings.append(
                "\(counts.reusedIDs) examples share \(sharedIDs) ids with other inputs; each counts, with an id of its own"
            )
        }
        return kept.sorted { $0.index < $1.index }
    }

    /// How many places a warning names.
    private static let namedPlaces = 5

    private static func list(_ places: [String], of count: Int) -> String {
        places.joined(separator: ", ") + (count > places.count ? ", …" : "")
    }

    private mutating func warn(of contradictions: [[Given]], _ place: (Int) -> String) {
        guard !contradictions.isEmpty else { return }
        let sorted = contradictions.map { $0.map(\.index).sorted() }.sorted { $0[0] < $1[0] }
        let places = sorted.prefix(Curation.namedPlaces).map { indices in
            indices.prefix(3).map(place).joined(separator: " and ") + (indices.count > 3 ? " and more" : "")
        }
        warnings.append(
            "\(contradictions.count) inputs have several labels; that of the most examples stands, of equally many the "
                + "latest: " + Curation.list(places, of: contradictions.count))
    }

    // MARK: Order

    private static func inPeriod(_ rule: SplitRule, _ ordered: [LabeledExample]) -> LabeledExample? {
        guard case .after(let date) = rule.test else { return nil }
        return ordered.first { $0.time.map { $0 >= date } ?? false }
    }

    /// The text that occurs most often; of several, the one that came last.
    private static func majority(_ labels: [String]) -> String? {
        var tally: [ExactText: (count: Int, last: Int)] = [:]
        for (place, label) in labels.enumerated() {
            tally[ExactText(label)] = ((tally[ExactText(label)]?.count ?? 0) + 1, place)
        }
        return tally.max { ($0.value.count, $0.value.last) < ($1.value.count, $1.value.last) }?.key.text
    }

    private static func isOlder(_ left: LabeledExample, _ right: LabeledExample) -> Bool {
        let times = (left.time ?? .distantPast, right.time ?? .distantPast)
        return times.0 == times.1 ? left.id < right.id : times.0 < times.1
    }
}
