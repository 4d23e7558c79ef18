import Foundation
import JSON
public import PlainText
public import Storage
public import Tasks

/// What an evaluation found: the artifact against its references on one split, and whether the task's gate holds.
///
/// It holds no path, and no time but the one that prompts printed, so that the same artifact, split and task give the same
/// bytes.
/// `Documentation/Formats/EvaluationReport.md` describes `report.json`.
public struct EvaluationReport: Sendable {
    public static let format = "retort.evaluation/1"

    /// What was evaluated.
    public struct Subject: Sendable {
        public var kind: SystemResult.Kind
        public var digest: ContentDigest
        public var baseDigest: ContentDigest

        public init(kind: SystemResult.Kind, digest: ContentDigest, baseDigest: ContentDigest) {
            self.kind = kind
            self.digest = digest
            self.baseDigest = baseDigest
        }
    }

    public var name: String
    public var subject: Subject
    public let task: TaskDefinition
    /// Of the dataset version that the split is a part of, where that is known.
    public var dataset: ContentDigest?
    /// Of the split's file.
    public var split: ContentDigest
    /// The date that the prompts printed, where a chat template prints one.
    public var date: LocalTime?
    public let examples: [EvaluationExample]
    public let result: SystemResult
    /// The base without an adapter, and the linear baseline, where they were asked too.
    public let references: [SystemResult]
    /// The artifact against each reference, in their order.
    public let comparisons: [PairedComparison]
    public let checks: [GateCheck]
    public let bootstrap: Bootstrap
    /// What the model's file leaves open, so that answers may be other than those of the model it was made from, and why
    /// the split's figures mean less than they seem to: rows that repeat, or were trained on.
    public var warnings: [String] = []

    /// Whether every check of the gate holds; a gate that asks for nothing is passed.
    public var passed: Bool { checks.allSatisfy(\.passed) }

    public init(
        name: String, subject: Subject, task: TaskDefinition, dataset: ContentDigest?, split: ContentDigest,
        date: LocalTime? = nil, examples: [EvaluationExample], result: SystemResult, references: [SystemResult],
        bootstrap: Bootstrap = Bootstrap()
    ) {
        self.name = name
        self.subject = subject
        self.task = task
        self.dataset = dataset
        self.split = split
        self.date = date
        self.examples = examples
        self.result = result
        self.references = references
        self.bootstrap = bootstrap
        comparisons = references.map { PairedComparison(result.isRight, $0.isRight, bootstrap: bootstrap) }
        let base = references.first { $0.kind == .base } ?? (subject.kind == .base ? result : nil)
        checks = GateCheck.checks(
            task.gate, isClosed: task.kind == .classification, subject: result, base: base,
            baseline: references.first { $0.kind == .baseline })
    }

    /// All systems, the artifact first.
    public var systems: [SystemResult] { [result] + references }

    /// Writes `report.json`, `predictions.jsonl` and `report.html` into a folder.
    ///
    /// - Returns: the digest of `report.json`, by which registries cite the evaluation.
    @discardableResult
    public func write(to folder: String) throws -> ContentDigest {
        let bytes = json.serializedBytes(.pretty) + [UInt8(ascii: "\n")]
        // Both quote what people wrote.
        try AtomicFile.write(predictionLines, to: "\(folder)/predictions.jsonl", isPrivate: true)
        try AtomicFile.write(ReportPage(self).html, to: "\(folder)/report.html", isPrivate: true)
        // Last, since whoever finds it may rely on the others.
        try AtomicFile.write(bytes, to: "\(folder)/report.json")
        return ContentDigest(of: bytes)
    }
}
