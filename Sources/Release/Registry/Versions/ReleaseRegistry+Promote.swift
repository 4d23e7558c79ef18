public import Foundation
import GRDB
import Storage

extension ReleaseRegistry {
    /// Points an alias at a version whose stored evaluation passed, and records who did it, why and on what evidence.
    ///
    /// - Parameter override: why a version without a passing evaluation is promoted all the same; the history keeps it.
    /// - Returns: the entry, or nil when the alias points there already.
    /// - Throws: ``RegistryError`` of kind `refused` without a passing evaluation and without an override.
    public func promote(
        _ name: String, version number: Int, alias: String = VersionSelector.defaultAlias, by: String,
        reason: String? = nil, override: String? = nil, now: Date = Date()
    ) throws -> HistoryEntry? {
        try RegistryName.check(alias, as: "alias")
        for (text, what) in [(by, "by"), (reason, "reason"), (override, "override")] {
            try HistoryWords.check(text, as: what)
        }
        let version = try resolve(try VersionSelector(name: name, version: number))
        if override == nil { try clear(version) }
        return try change { database, history in
            let current = history.places["\(name)@\(alias)"]?.version
            if current == number { return nil }
            return try Self.move(database, alias, from: current, to: version, .promote, by, reason, override, now)
        }
    }

    /// Points an alias back at the version that it had before the last promotion that still stands.
    ///
    /// Rolling back twice goes back two promotions, not forth again.
    public func rollback(
        _ name: String, alias: String = VersionSelector.defaultAlias, by: String, reason: String,
        now: Date = Date()
    ) throws -> HistoryEntry {
        let selector = try VersionSelector(name: name, alias: alias)
        try HistoryWords.check(by, as: "by")
        try HistoryWords.check(reason, as: "reason")
        return try change { database, history in
            let current = try Self.resolve(database, selector, history)
            guard let number = history.places[selector.description]?.standing.dropLast().last else {
                throw RegistryError(
                    .input,
                    "\(selector) has nothing to go back to: \(current.reference) is the first version that it ever had",
                    hint:
                        "retort-registry promote \(name):VERSION --alias \(alias) --reason WHY points it at another one"
                )
            }
            let version = try Self.resolve(database, try VersionSelector(name: name, version: number), history)
            return try Self.move(
                database, alias, from: current.version, to: version, .rollback, by, reason, nil, now)
        }
    }

    /// The gate: the stored report must be of this artifact and must have passed.
    private func clear(_ version: RegistryVersion) throws {
        let hint =
            "retort-registry promote \(version.reference) --override REASON, which the history keeps"
        guard let digest = version.evaluation else {
            throw RegistryError(
                .refused, "\(version.reference) has no evaluation, expected one that passed", hint: hint)
        }
        let report = try evidence(digest, of: version)
        guard version.isMeasured(by: report) else {
            throw RegistryError(
                .refused,
                "the evaluation of \(version.reference) is of another artifact: \(report.artifact), "
                    + "expected \(version.artifact)", hint: hint)
        }
        guard report.passed else {
            let checks = report.failedChecks.isEmpty ? "" : ": \(report.failedChecks.joined(separator: "; "))"
            throw RegistryError(.refused, "\(version.reference) did not pass its evaluation\(checks)", hint: hint)
        }
    }

    /// The stored evaluation of a version; nil where it has none.
    ///
    /// - Throws: ``RegistryError`` of kind `damaged` where it cannot be read.
    public func evidence(of version: RegistryVersion) throws -> EvaluationEvidence? {
        try version.evaluation.map { try evidence($0, of: version) }
    }

    private func evidence(_ digest: ContentDigest, of version: RegistryVersion) throws -> EvaluationEvidence {
        let bytes: Data
        do {
            bytes = try store.data(of: digest)
        } catch let error as StorageError {
            throw RegistryError(
                .damaged, "the evaluation of \(version.reference): \(error.description)", hint: error.hint)
        }
        return try EvaluationEvidence(json: bytes, source: "the evaluation of \(version.reference)")
    }

    private static func move(
        _ database: Database, _ alias: String, from old: Int?, to version: RegistryVersion,
        _ action: HistoryEntry.Action, _ by: String, _ reason: String?, _ override: String?, _ now: Date
    ) throws -> HistoryEntry {
        let entry = try append(database) { sequence, previous in
            HistoryEntry(
                sequence: sequence, time: Timestamp.rounded(now), by: by, action: action, name: version.name,
                alias: alias, oldVersion: old, newVersion: version.version, artifact: version.artifact,
                record: version.recordDigest, evaluation: version.evaluation, passed: version.passed,
                reason: reason, override: override, previous: previous)
        }
        try database.execute(
            sql: """
                INSERT INTO registry_alias (name, alias, version, sequence) VALUES (?, ?, ?, ?)
                ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version, sequence = excluded.sequence
                """,
            arguments: [version.name, alias, version.version, entry.sequence])
        return entry
    }
}
