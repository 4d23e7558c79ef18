import Foundation
import GRDB
import JSON
import Storage

/// The newest entry of the history, noted beside the database after each change.
///
/// The chain alone cannot show that its end is missing, nor that an older database was put in the place of this one. The
/// note can lag behind, where a process was killed between the two; then the chain goes on from what is noted.
struct RegistryHead: Sendable, Hashable {
    static let format = "retort.registry-head/1"

    var entry: Int
    var digest: ContentDigest

    /// Reads a note; nil where there is none.
    static func read(_ path: String) throws -> RegistryHead? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try FileHandle(readingFrom: path).read(upToCount: 1 << 16) ?? Data()
        guard let json = try? JSONValue(parsing: bytes), json["format"]?.stringValue == format,
            let entry = json["entry"]?.integerValue,
            let digest = json["digest"]?.stringValue.flatMap(ContentDigest.init)
        else {
            throw RegistryError(
                .damaged, "\(path): not the note of an entry, expected '\(format)' with its number and digest",
                hint: hint)
        }
        return RegistryHead(entry: entry, digest: digest)
    }

    func write(to path: String) throws {
        let json: JSONValue = [
            "format": .string(RegistryHead.format), "entry": .integer(entry), "digest": .string(digest.description),
        ]
        try AtomicFile.write(json.serialized(.canonical) + "\n", to: path, isPrivate: true)
    }

    /// What is wrong with a chain by what was noted before it was read; nil where it holds the noted entry.
    static func problem(_ noted: RegistryHead?, _ path: String, _ database: Database) throws -> String? {
        let count = try Int.fetchOne(database, sql: "SELECT max(sequence) FROM registry_history") ?? 0
        guard let noted else {
            // Registries of older releases have no note before their next change, and the first change may have been killed.
            guard let first = try Int.fetchOne(database, sql: "SELECT entry FROM registry_head"), first < count else {
                return nil
            }
            return "\(path) is missing, expected the note of history entry \(count)"
        }
        guard count >= noted.entry else {
            return "the history ends at entry \(count), expected entry \(noted.entry), which \(path) notes: "
                + "its end was cut off, or an older database was put back"
        }
        let stored = try String.fetchOne(
            database, sql: "SELECT digest FROM registry_history WHERE sequence = ?", arguments: [noted.entry])
        guard stored == noted.digest.description else {
            return "history entry \(noted.entry) has the digest \(stored ?? "none"), expected \(noted.digest), "
                + "which \(path) notes: another database was put in its place"
        }
        return nil
    }

    static let hint =
        "put back the newest copy of the workspace; if what lies here is meant: retort-registry accept --reason WHY"
}
