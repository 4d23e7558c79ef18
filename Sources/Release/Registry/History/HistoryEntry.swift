public import Foundation
public import JSON
public import Storage

/// One link of the registry's append-only history: who did what, when, why, and on what evidence.
///
/// Its digest is the SHA-256 of its own fields and of the digest before it, as canonical JSON, so that no entry can
/// be changed, removed or moved without every later digest changing.
public struct HistoryEntry: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable {
        case register, promote, rollback
        /// The registry was taken as it was, after a backup was put back. It names each name's newest version.
        case accept
    }

    /// Counts from 1 over the whole registry.
    public var sequence: Int
    public var time: Date
    public var by: String
    public var action: Action
    public var name: String
    /// The alias that moved; nil for a registration.
    public var alias: String?
    /// Where the alias pointed before; nil if it was new.
    public var oldVersion: Int?
    /// The version that was registered or accepted, or that the alias points at now.
    public var newVersion: Int
    public var artifact: ContentDigest
    /// The digest of the version's record.
    public var record: ContentDigest
    /// The evaluation report that stood for the version.
    public var evaluation: ContentDigest?
    public var passed: Bool?
    public var reason: String?
    /// Why the gate was overridden; nil when it was not.
    public var override: String?
    /// The digest of the entry before; nil for the first.
    public var previous: ContentDigest?

    /// What is hashed: every field, in canonical form.
    var content: JSONValue {
        [
            "sequence": .integer(sequence), "time": .string(Timestamp.fullText(time)), "by": .string(by),
            "action": .string(action.rawValue), "name": .string(name),
            "alias": alias.map(JSONValue.string) ?? .null,
            "old_version": oldVersion.map(JSONValue.integer) ?? .null, "new_version": .integer(newVersion),
            "artifact": .string(artifact.description), "record": .string(record.description),
            "evaluation": RegistryVersion.json(evaluation), "passed": passed.map(JSONValue.bool) ?? .null,
            "reason": reason.map(JSONValue.string) ?? .null,
            "override": override.map(JSONValue.string) ?? .null, "previous": RegistryVersion.json(previous),
        ]
    }

    /// The digest that chains this entry to all before it.
    public var digest: ContentDigest { ContentDigest(of: content.serialized(.canonical)) }

    /// The entry with its digest, as `Documentation/Formats/Registry.md` describes it.
    public var json: JSONValue {
        var object = content.objectValue ?? JSONObject()
        object["digest"] = .string(digest.description)
        return .object(object)
    }
}
