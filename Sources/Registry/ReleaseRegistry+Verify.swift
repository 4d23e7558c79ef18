import Foundation
public import Storage

extension ReleaseRegistry {
    /// Recomputes the hash chain, replays it against versions and aliases, and reads every stored file.
    ///
    /// The chain and the aliases are always verified whole; `name` limits which files are read.
    ///
    /// - Parameter head: a digest noted earlier, which must still be in the chain.
    public func verify(_ name: String? = nil, expecting head: ContentDigest? = nil) throws -> RegistryVerification {
        let (rows, versions, aliases) = try read {
            (try Self.history($0), try Self.versions($0, nil), try Self.aliases($0, nil))
        }
        if let name, !versions.contains(where: { $0.name == name }) {
            _ = try resolve(try VersionSelector(name: name, version: 1))
        }
        var problems = Self.chainProblems(rows)
        problems += Self.recordProblems(rows.map(\.entry), versions, aliases)
        if let head, !rows.contains(where: { $0.entry.digest == head }) {
            problems.append("history: no entry has the digest \(head) that was noted; it was cut off or rewritten")
        }
        let chosen = versions.filter { name == nil || $0.name == name }
        for version in chosen {
            problems += fileProblems(version)
        }
        return RegistryVerification(
            versions: chosen.count, entries: rows.count, head: rows.last?.entry.digest, problems: problems)
    }

    private static func chainProblems(_ rows: [(entry: HistoryEntry, storedDigest: String)]) -> [String] {
        var problems: [String] = []
        var previous: ContentDigest?
        for (index, (entry, stored)) in rows.enumerated() {
            if entry.sequence != index + 1 {
                problems.append("history entry \(entry.sequence): expected number \(index + 1); one is missing")
                return problems
            }
            if entry.digest.description != stored {
                problems.append(
                    "history entry \(entry.sequence) was changed: its digest is \(entry.digest), expected \(stored)")
            }
            if entry.previous != previous {
                let expected = previous?.description ?? "none"
                problems.append(
                    "history entry \(entry.sequence) does not follow the one before: "
                        + "\(entry.previous?.description ?? "none"), expected \(expected)")
            }
            previous = ContentDigest(stored)
        }
        return problems
    }

    /// Every version has its entry with its digest, every entry its version, every alias the place of its last move.
    private static func recordProblems(
        _ entries: [HistoryEntry], _ versions: [RegistryVersion], _ aliases: [RegistryAlias]
    ) -> [String] {
        var problems: [String] = []
        var records: [String: ContentDigest] = [:]
        var moves: [[String]: HistoryEntry] = [:]
        for entry in entries {
            if entry.action == .register { records["\(entry.name):\(entry.newVersion)"] = entry.record }
            if let alias = entry.alias { moves[[entry.name, alias]] = entry }
        }
        for version in versions {
            guard let record = records.removeValue(forKey: version.reference) else {
                problems.append("version \(version.reference) is not in the history")
                continue
            }
            if record != version.recordDigest {
                problems.append(
                    "version \(version.reference) was changed: its record is \(version.recordDigest), expected \(record)"
                )
            }
        }
        problems += records.keys.sorted().map { "version \($0) is missing, though the history registered it" }
        for alias in aliases {
            let move = moves.removeValue(forKey: [alias.name, alias.alias])
            if move?.newVersion != alias.version {
                let expected = move.map { "version \($0.newVersion)" } ?? "no such alias"
                problems.append(
                    "alias \(alias.name)@\(alias.alias) was moved past the history: "
                        + "version \(alias.version), expected \(expected)")
            }
        }
        problems += moves.keys.sorted { $0.joined() < $1.joined() }.map {
            "alias \($0.joined(separator: "@")) is missing, though the history set it"
        }
        return problems
    }

    private func fileProblems(_ version: RegistryVersion) -> [String] {
        var problems: [String] = []
        // Older releases kept a task's digest and not the task.
        let task = version.task.flatMap { store.contains($0) ? $0 : nil }
        for (what, digest) in [("artifact", version.artifact), ("evaluation", version.evaluation), ("task", task)] {
            guard let digest else { continue }
            guard store.contains(digest) else {
                problems.append("\(what) of \(version.reference) is missing: \(store.path(of: digest))")
                continue
            }
            do {
                _ = try store.verifiedPath(of: digest)
            } catch {
                problems.append("\(what) of \(version.reference): \(error)")
            }
        }
        return problems
    }
}
