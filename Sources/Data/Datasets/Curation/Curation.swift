public import Foundation
import Interactions
import PlainText
import Storage
public import Tasks

/// Turns labeled examples into splits that share nothing.
///
/// 1. Of examples with one id the latest counts. Those with the same input (``ComparableText/key``) become one, with the
///    label that most of them have; of equally many, the latest. A truth that a person checked is the answer instead.
/// 2. Nearly equal inputs become groups (``NearDuplicates``).
/// 3. The test split is the newest: with a fixed test period, everything in it, and older rows of its groups are
///    dropped; with a fraction, whole groups by their newest row, so that every row outside is older than the cut.
/// 4. Of the other groups, those with the smallest seeded hash validate; the rest trains.
///
/// The result depends on the set of examples. Their order decides only between labels of the same time: the later one
/// stands, as a correction at the end of a file does.
public struct Curation: Sendable {
    /// What became of the examples.
    public struct Counts: Sendable, Hashable {
        public internal(set) var examples = 0
        /// The same example (id) again.
        public internal(set) var repeated = 0
        /// Examples whose label a later one with the same id and input corrects.
        public internal(set) var corrected = 0
        /// Examples whose id others with another input have, too.
        public internal(set) var reusedIDs = 0
        /// Examples merged into another with the same input.
        public internal(set) var exactDuplicates = 0
        /// Inputs that had several labels; the majority's stands.
        public internal(set) var contradictions = 0
        public internal(set) var groups = 0
        /// Groups of nearly equal inputs that have several labels.
        public internal(set) var groupsWithSeveralLabels = 0
        /// Rows left out because a fixed test period has one nearly equal.
        public internal(set) var droppedNearDuplicates = 0
        /// Rows with a truth that a person checked.
        public internal(set) var gold = 0
        /// Rows whose answer is that truth and not the teacher's label.
        public internal(set) var goldReplaced = 0
        /// Truths whose input no example has.
        public internal(set) var goldUnmatched = 0
        /// Rows with a teacher's log-probabilities.
        public internal(set) var withLogprobs = 0
    }

    public private(set) var rows: [Split: [DatasetRow]] = [:]
    /// The label of every row, by the id of its example.
    private(set) var labels: [ContentDigest: LabelName] = [:]
    public internal(set) var counts = Counts()
    /// No row outside the test split is this new; nil without times.
    public private(set) var testBegins: Date?
    /// The largest similarity between a row of the test split and one outside; nil when it is below
    /// ``similarityFloor``, or a split is empty.
    public private(set) var maximumCrossSplitSimilarity: Double?
    /// Things that a person should know, each a sentence.
    public internal(set) var warnings: [String] = []

    /// Similarities below this are not looked for.
    public static let similarityFloor = 0.5
    /// A label with fewer rows to train on is worth a warning.
    public static let fewRows = 5

    /// - Parameter place: what messages call the example at an index.
    /// - Throws: ``DatasetError`` when nothing is left to train or to test on.
    public init(
        _ examples: [LabeledExample], gold: GoldTruths = GoldTruths(), task: TaskDefinition,
        place: (Int) -> String = { "example \($0 + 1)" }
    ) throws {
        let rule = task.split
        let candidates = merge(examples, gold, rule, place)
        labels = Dictionary(candidates.map { ($0.example.id, $0.label) }) { first, _ in first }
        guard !candidates.isEmpty else { throw DatasetError("no labeled examples, expected one or more") }
        let similar = NearDuplicates(candidates.map(\.text))
        let numbers = similar.groups(similarity: rule.nearDuplicateSimilarity)
        let groups = Dictionary(grouping: candidates.indices) { numbers[$0] }.values.map { members in
            Group(members: members, candidates, seed: rule.seed)
        }
        counts.groups = groups.count
        counts.groupsWithSeveralLabels =
            groups.count { Set($0.members.map { ExactText(candidates[$0].example.truth) }).count > 1 }
        let assigned = assign(groups, candidates, rule)
        let inTest = assigned.filter { $0.split == .test }.map(\.index)
        let outside = assigned.filter { $0.split != .test }.map(\.index)
        maximumCrossSplitSimilarity = similar.maximumSimilarity(
            between: inTest, and: outside, floor: Curation.similarityFloor)
        for split in Split.allCases {
            rows[split] = try assigned.filter { $0.split == split }.map { entry in
                try candidates[entry.index].row(group: entry.group, task)
            }.sorted { Curation.isOrdered($0, $1) }
        }
        try check(candidates, rule)
        warn(task)
    }

    private static func isOrdered(_ left: DatasetRow, _ right: DatasetRow) -> Bool {
        guard let left = left.metadata, let right = right.metadata else { return false }
        let times = (left.time ?? .distantPast, right.time ?? .distantPast)
        return times.0 == times.1 ? left.id < right.id : times.0 < times.1
    }

    // MARK: Splits

    private struct Group {
        /// Indices of candidates.
        var members: [Int]
        /// The same for the same members, whatever else there is.
        var name: String
        var newest: Date
        /// A pseudo-random number, for choices by chance.
        var chance: String

        init(members: [Int], _ candidates: [CurationCandidate], seed: UInt64) {
            self.members = members
            let first = members.map { candidates[$0].text.key }.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            name = ContentDigest(of: first ?? "").short
            newest = members.compactMap { candidates[$0].example.time }.max() ?? .distantPast
            chance = ContentDigest(of: "\(seed) \(name)").hex
        }
    }

    private typealias Assignment = (index: Int, split: Split, group: String)

    private mutating func assign(
        _ groups: [Group], _ candidates: [CurationCandidate], _ rule: SplitRule
    ) -> [Assignment] {
        var assigned: [Assignment] = []
        var rest: [Group] = []
        switch rule.test {
        case .after(let date):
            testBegins = date
            for group in groups {
                let inTest = group.members.filter { candidates[$0].example.time.map { $0 >= date } ?? false }
                assigned += inTest.map { ($0, .test, group.name) }
                if inTest.isEmpty {
                    rest.append(group)
                } else {
                    counts.droppedNearDuplicates += group.members.count - inTest.count
                }
            }
        case .fraction(let fraction):
            let wanted = Int((fraction * Double(candidates.count)).rounded(.up))
            let ordered = groups.sorted { ($0.newest, $0.chance) > ($1.newest, $1.chance) }
            for group in ordered {
                if assigned.count < wanted {
                    assigned += group.members.map { ($0, .test, group.name) }
                    if group.newest > .distantPast { testBegins = group.newest }
                } else {
                    rest.append(group)
                }
            }
        }
        let available = rest.reduce(0) { $0 + $1.members.count }
        var room = Int((rule.validationFraction * Double(available)).rounded())
        for group in rest.sorted(by: { $0.chance < $1.chance }) {
            let validates = group.members.count <= room
            if validates { room -= group.members.count }
            assigned += group.members.map { ($0, validates ? .validation : .train, group.name) }
        }
        return assigned
    }

    // MARK: What came out

    private func check(_ candidates: [CurationCandidate], _ rule: SplitRule) throws {
        var splits: [String: Split] = [:]
        for (split, rows) in rows {
            for case let metadata? in rows.map(\.metadata) {
                let other = splits.updateValue(split, forKey: metadata.group)
                if let other, other != split {
                    throw DatasetError("group \(metadata.group) is in \(other.rawValue) and in \(split.rawValue)")
                }
            }
        }
        let newest = candidates.compactMap(\.example.time).max().map(Timestamp.text) ?? "unknown"
        if rows[.train]?.isEmpty ?? true {
            throw DatasetError(
                "nothing is left to train on: \(candidates.count) inputs, \(counts.droppedNearDuplicates) dropped as "
                    + "near duplicates of the test period", hint: "look at split in task.yaml")
        }
        if rows[.test]?.isEmpty ?? true, rule.test != .fraction(0) {
            throw DatasetError(
                "nothing is in the test period: the newest example is of \(newest)",
                hint: "set split.test_after in task.yaml to an earlier time")
        }
    }

    private mutating func warn(_ task: TaskDefinition) {
        let train = rows[.train] ?? []
        let tally = Dictionary(grouping: train.compactMap(\.metadata?.truth)) { $0 }.mapValues(\.count)
        for label in task.labelNames {
            let count = tally[label] ?? 0
            if count < Curation.fewRows { warnings.append("label \(label) has \(count) rows to train on") }
        }
        let total = rows.values.reduce(0) { $0 + $1.count }
        let timeless = rows.values.joined().count { $0.metadata?.time == nil }
        if timeless > 0, task.split.test != .fraction(0) {
            warnings.append(
                timeless == total
                    ? "no row has a time: the test split is chosen by chance, and tells nothing of days to come"
                    : "\(timeless) of \(total) rows have no time: they are taken for older than all others")
        }
        if case .fraction(let fraction) = task.split.test, let test = rows[.test]?.count,
            Double(test) > 1.5 * fraction * Double(total) + 10
        {
            warnings.append(
                "the test split has \(test) of \(total) rows: large groups of near duplicates are among the newest")
        }
        if rows[.validation]?.isEmpty ?? true { warnings.append("the validation split is empty") }
    }
}
