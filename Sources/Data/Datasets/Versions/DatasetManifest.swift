public import Foundation
import Interactions
public import JSON
public import Storage
import Tasks

/// What a dataset version says of itself: `manifest.json`. `Documentation/Formats/DatasetVersion.md` has the fields.
///
/// It holds no time of making and no path, so that the same examples and task give the same bytes.
public struct DatasetManifest: Sendable {
    public static let format = "retort.dataset/1"

    /// One split's file.
    public struct File: Sendable, Hashable {
        public var digest: ContentDigest
        public var rows: Int
        /// Rows by the answer that they train.
        public var labels: [String: Int]
        public var oldest: Date?
        public var newest: Date?
    }

    public var taskName: String
    public var taskDigest: ContentDigest
    public var splits: [Split: File]
    /// What became of the examples, by name.
    public var counts: [(name: String, value: Int)]
    /// Why the splits share nothing: the rule, and the largest similarity found across.
    public var certificate: JSONValue

    init(_ curation: Curation, _ task: TaskDefinition, files: [Split: [UInt8]]) {
        taskName = task.name
        // Of what rows depend on: how an artifact is judged and served makes no other dataset.
        taskDigest = task.trainingDigest
        splits = files.reduce(into: [:]) { splits, entry in
            let metadata = (curation.rows[entry.key] ?? []).compactMap(\.metadata)
            splits[entry.key] = File(
                digest: ContentDigest(of: entry.value), rows: metadata.count,
                labels: Dictionary(grouping: metadata, by: \.truth).mapValues(\.count),
                oldest: metadata.compactMap(\.time).min(), newest: metadata.compactMap(\.time).max())
        }
        counts = curation.counts.named
        var certificate = JSONObject()
        certificate["rule"] = task.split.json
        certificate["shingle_characters"] = .integer(ComparableText.shingleLength)
        certificate["groups"] = .integer(curation.counts.groups)
        certificate["groups_in_two_splits"] = 0
        certificate["maximum_similarity_to_test"] = curation.maximumCrossSplitSimilarity.map(JSONValue.number) ?? .null
        certificate["searched_down_to"] = .number(Curation.similarityFloor)
        certificate["test_begins"] = curation.testBegins.map { .string(Timestamp.text($0)) } ?? .null
        self.certificate = .object(certificate)
    }

    /// The digest of the dataset version: of the canonical manifest without its own digest. It covers every row,
    /// because the manifest names the files' digests.
    public var digest: ContentDigest { ContentDigest(of: content.serialized(.canonical)) }

    private var content: JSONValue {
        var splits = JSONObject()
        for split in Split.allCases {
            guard let file = self.splits[split] else { continue }
            var object = JSONObject()
            object["file"] = .string(split.fileName)
            object["digest"] = .string(file.digest.description)
            object["rows"] = .integer(file.rows)
            object["oldest"] = file.oldest.map { .string(Timestamp.text($0)) }
            object["newest"] = file.newest.map { .string(Timestamp.text($0)) }
            let labels = file.labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            object["labels"] = .object(JSONObject(labels.map { (key: $0.key, value: .integer($0.value)) }))
            splits[split.rawValue] = .object(object)
        }
        return [
            "format": .string(DatasetManifest.format),
            "task": ["name": .string(taskName), "digest": .string(taskDigest.description)],
            "splits": .object(splits),
            "counts": .object(JSONObject(counts.map { (key: $0.name, value: .integer($0.value)) })),
            "certificate": certificate,
        ]
    }

    public var json: JSONValue {
        var object = JSONObject([(key: "digest", value: .string(digest.description))])
        for member in content.objectValue?.members ?? [] { object[member.key] = member.value }
        return .object(object)
    }

    /// - Parameter path: what messages call it.
    /// - Throws: ``DatasetError`` when it is not a manifest, or its digest is not that of what it says.
    public init(json: JSONValue, path: String) throws {
        guard json["format"]?.stringValue == DatasetManifest.format else {
            throw DatasetError(
                "\(path): format '\(json["format"]?.stringValue ?? "")', expected \(DatasetManifest.format)")
        }
        guard let name = json["task"]?["name"]?.stringValue,
            let task = json["task"]?["digest"]?.stringValue.flatMap(ContentDigest.init),
            let counts = json["counts"]?.objectValue, let certificate = json["certificate"]
        else { throw DatasetError("\(path): task, counts or certificate missing, expected a dataset's manifest") }
        taskName = name
        taskDigest = task
        self.counts = counts.members.compactMap { member in member.value.integerValue.map { (member.key, $0) } }
        self.certificate = certificate
        splits = [:]
        for split in Split.allCases {
            guard let file = json["splits"]?[split.rawValue],
                let digest = file["digest"]?.stringValue.flatMap(ContentDigest.init),
                let rows = file["rows"]?.integerValue
            else { throw DatasetError("\(path): split \(split.rawValue) missing, expected its digest and rows") }
            let labels = (file["labels"]?.objectValue?.members ?? []).compactMap { member in
                member.value.integerValue.map { (member.key, $0) }
            }
            splits[split] = File(
                digest: digest, rows: rows, labels: Dictionary(labels) { $1 },
                oldest: Timestamp.date(file["oldest"]), newest: Timestamp.date(file["newest"]))
        }
        guard json["digest"]?.stringValue == digest.description else {
            throw DatasetError(
                "\(path) was changed: its digest is \(digest), expected \(json["digest"]?.stringValue ?? "one")",
                hint: "run retort-curate again")
        }
    }
}

extension Curation.Counts {
    /// The counts by the names under which manifests and reports show them.
    public var named: [(name: String, value: Int)] {
        let always: [(name: String, value: Int)] = [
            ("examples", examples), ("repeated", repeated), ("exact_duplicates", exactDuplicates),
            ("contradictions", contradictions), ("groups", groups),
            ("groups_with_several_labels", groupsWithSeveralLabels),
            ("dropped_near_duplicates", droppedNearDuplicates), ("gold", gold), ("gold_unmatched", goldUnmatched),
        ]
        let others: [(name: String, value: Int)] = [
            ("with_logprobs", withLogprobs), ("corrected", corrected), ("reused_ids", reusedIDs),
            ("gold_replaced", goldReplaced),
        ]
        return always + others.filter { $0.value > 0 }
    }
}
