public import Foundation
public import JSON
public import Storage

/// An immutable record of one artifact: what it is, what it was made from, and the evidence for it. Digests only.
public struct RegistryVersion: Sendable, Hashable {
    /// Counts from 1 for each name.
    public var version: Int
    public var name: String
    public var kind: ArtifactKind
    /// The digest of the artifact's file, which lies in the workspace's content store.
    public var artifact: ContentDigest
    /// What that file was made from without a choice, where it was: the digest of PEFT's folder. An evaluation of the one is
    /// an evaluation of the other.
    public var source: ContentDigest?
    /// The digest of the tensors of the base that an adapter was trained on.
    public var base: ContentDigest?
    /// The digest of the base's file, where it was at hand when the version was registered.
    public var baseFile: ContentDigest?
    public var dataset: ContentDigest?
    /// The digest of the task that the version answers, and with it of the task's canonical JSON in the content store.
    public var task: ContentDigest?
    /// The digest of the evaluation report, which lies in the content store.
    public var evaluation: ContentDigest?
    /// Whether that evaluation passed; nil without one.
    public var passed: Bool?
    public var recipe: ContentDigest?
    public var note: String?
    public var created: Date
    public var createdBy: String

    /// `support-intent:3`
    public var reference: String { "\(name):\(version)" }

    /// Whether this version says all that another would say of the same artifact; what that leaves open counts as said.
    func says(all other: RegistryVersion) -> Bool {
        func says(_ field: KeyPath<RegistryVersion, ContentDigest?>) -> Bool {
            other[keyPath: field] == nil || other[keyPath: field] == self[keyPath: field]
        }
        return artifact == other.artifact && kind == other.kind && evaluation == other.evaluation
            && [\.source, \.base, \.baseFile, \.dataset, \.task, \.recipe].allSatisfy(says)
    }

    /// Whether a report that measured some artifact measured this one.
    func isMeasured(by report: EvaluationEvidence) -> Bool { [artifact, source].contains(report.artifact) }

    /// Whether this version can be promoted without an override.
    public var isCleared: Bool { passed == true }

    /// The record as `Documentation/Formats/Registry.md` describes it.
    public var json: JSONValue {
        var object: JSONValue = [
            "name": .string(name), "version": .integer(version), "kind": .string(kind.rawValue),
            "artifact": .string(artifact.description), "base_digest": RegistryVersion.json(base),
            "base_file": RegistryVersion.json(baseFile), "dataset": RegistryVersion.json(dataset),
            "task": RegistryVersion.json(task), "evaluation": RegistryVersion.json(evaluation),
            "passed": passed.map(JSONValue.bool) ?? .null, "recipe": RegistryVersion.json(recipe),
            "note": note.map(JSONValue.string) ?? .null, "created": .string(Timestamp.fullText(created)),
            "created_by": .string(createdBy),
        ]
        // Records from before this field keep their digests.
        if let source, var members = object.objectValue {
            members["source"] = .string(source.description)
            object = .object(members)
        }
        return object
    }

    /// The digest of the record itself, which the history keeps so that a changed record shows.
    public var recordDigest: ContentDigest { ContentDigest(of: json.serialized(.canonical)) }

    static func json(_ digest: ContentDigest?) -> JSONValue { digest.map { .string($0.description) } ?? .null }
}
