import Foundation
public import Storage

extension ReleaseRegistry {
    /// Recomputes the hash chain, replays it against versions, aliases, triggers and the noted head, and reads every stored
    /// file.
    ///
    /// All but the files is always verified whole; `name` limits which files are read.
    ///
    /// - Parameter head: a digest noted earlier, which must still be in the chain.
    public func verify(_ name: String? = nil, expecting head: ContentDigest? = nil) throws -> RegistryVerification {
        var problems: [String] = []
        var noted: RegistryHead?
        do { noted = try RegistryHead.read(headPath) } catch let error as RegistryError {
            problems.append(error.description)
        }
        let isReadable = problems.isEmpty
        let (rows, versions, aliases) = try database.read { database in
            problems += try RegistryTriggers.problems(database)
            if isReadable, let problem = try RegistryHead.problem(noted, headPath, database) {
                problems.append(problem)
            }
            return (
                try Self.history(database, from: 1), try Self.versions(database, nil), try Self.aliases(database, nil)
            )
        }
        if let name, !versions.contains(where: { $0.name == name }) {
            _ = try resolve(try VersionSelector(name: name, version: 1))
        }
        var history = ReplayedHistory()
        for (entry, stored) in rows {
            problems += history.problems(with: entry, storedDigest: stored)
            history.add(entry, storedDigest: stored)
        }
        problems += Self.versionProblems(versions, history) + history.problems(with: aliases)
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

    /// Every version has its entry with its digest, every entry its version.
    static func versionProblems(_ versions: [RegistryVersion], _ history: ReplayedHistory) -> [String] {
        let there = Set(versions.map(\.reference))
        return versions.compactMap(history.problem)
            + history.records.keys.filter { !there.contains($0) }.sorted().map {
                "version \($0) is missing, though the history registered it"
            }
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
