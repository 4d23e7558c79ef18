public import Foundation
import GRDB
import Storage
import Synchronization

extension ReleaseRegistry {
    /// Takes the registry as it lies here for the true one: after a restore from a backup, which the noted head does not allow.
    ///
    /// The chain must hold, and every version be as it was registered. Triggers are set again, aliases put where the history
    /// has them, and the history gets an entry for each name, which says who took it and why.
    ///
    /// - Returns: the new entries.
    /// - Throws: ``RegistryError`` of kind `damaged` for what no backup explains.
    public func accept(by: String, reason: String, now: Date = Date()) throws -> [HistoryEntry] {
        try HistoryWords.check(by, as: "by")
        try HistoryWords.check(reason, as: "reason")
        let entries = try database.write { database in
            var history = ReplayedHistory()
            try Self.follow(&history, database)
            let versions = try Self.versions(database, nil)
            let problems = Self.versionProblems(versions, history)
            guard problems.isEmpty else {
                throw RegistryError(
                    .damaged, problems[0], hint: "put back the newest copy of the workspace that verifies")
            }
            guard !versions.isEmpty else {
                throw RegistryError(
                    .input, "nothing is registered in \(self.database.path), expected the registry that was put back",
                    hint: "to begin a new one, remove \(headPath)")
            }
            try RegistryTriggers.restore(database)
            try Self.replaceAliases(database, history)
            let newest = Dictionary(versions.map { ($0.name, $0) }) { $0.version > $1.version ? $0 : $1 }
            let entries = try newest.values.sorted { $0.name < $1.name }.map { version in
                try Self.append(database) { sequence, previous in
                    HistoryEntry(
                        sequence: sequence, time: Timestamp.rounded(now), by: by, action: .accept, name: version.name,
                        newVersion: version.version, artifact: version.artifact, record: version.recordDigest,
                        evaluation: version.evaluation, passed: version.passed, reason: reason, previous: previous)
                }
            }
            try Self.beginNoting(database)
            return entries
        }
        followed.state.withLock { $0 = FollowedHistory.State() }
        try noteHead(whateverIsNoted: true)
        return entries
    }

    private static func replaceAliases(_ database: Database, _ history: ReplayedHistory) throws {
        try database.execute(sql: "DELETE FROM registry_alias")
        for (reference, place) in history.places.sorted(by: { $0.key < $1.key }) {
            let parts = reference.split(separator: "@")
            try database.execute(
                sql: "INSERT INTO registry_alias (name, alias, version, sequence) VALUES (?, ?, ?, ?)",
                arguments: [String(parts[0]), String(parts[1]), place.version, place.sequence])
        }
    }
}
