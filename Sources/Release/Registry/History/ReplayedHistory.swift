import Storage

/// What the history says, replayed entry by entry: the measure of versions and aliases, which are rows that can be changed.
struct ReplayedHistory: Sendable {
    /// An alias as the history leaves it.
    struct Place: Sendable {
        var version: Int
        /// The entry that put it there.
        var sequence: Int
        /// The versions of the promotions that still stand, the newest last.
        var standing: [Int]
    }

    /// The number of the newest entry; 0 for none.
    private(set) var count = 0
    /// The newest entry's digest.
    private(set) var head: ContentDigest?
    /// The digest of each version's record as it was registered, by `NAME:VERSION`.
    private(set) var records: [String: ContentDigest] = [:]
    /// Where each alias is, by `NAME@ALIAS`.
    private(set) var places: [String: Place] = [:]
    /// Every version that an alias ever pointed at.
    private(set) var promoted: Set<String> = []
    /// The newest entry by which somebody took the registry as it lay for the true one.
    private(set) var acceptance: ContentDigest?

    /// What is wrong with an entry that should come next; nothing where it continues the chain.
    func problems(with entry: HistoryEntry, storedDigest: String) -> [String] {
        guard entry.sequence == count + 1 else {
            return ["history entry \(entry.sequence): expected number \(count + 1); one is missing"]
        }
        var problems: [String] = []
        if entry.digest.description != storedDigest {
            problems.append(
                "history entry \(entry.sequence) was changed: its digest is \(entry.digest), expected \(storedDigest)")
        }
        if entry.previous != head {
            problems.append(
                "history entry \(entry.sequence) does not follow the one before: "
                    + "\(entry.previous?.description ?? "none"), expected \(head?.description ?? "none")")
        }
        return problems
    }

    /// Goes on by an entry.
    mutating func add(_ entry: HistoryEntry, storedDigest: String) {
        count = entry.sequence
        head = ContentDigest(storedDigest)
        let version = "\(entry.name):\(entry.newVersion)"
        if entry.action == .register { records[version] = entry.record }
        if entry.action == .accept { acceptance = head }
        guard let alias = entry.alias else { return }
        promoted.insert(version)
        var place =
            places["\(entry.name)@\(alias)"] ?? Place(version: entry.newVersion, sequence: entry.sequence, standing: [])
        place.version = entry.newVersion
        place.sequence = entry.sequence
        switch entry.action {
        case .promote: place.standing.append(entry.newVersion)
        case .rollback: place.standing.removeLast(min(1, place.standing.count))
        case .register, .accept: break
        }
        places["\(entry.name)@\(alias)"] = place
    }

    /// What is wrong with a version's row; nil where it is as it was registered.
    func problem(with version: RegistryVersion) -> String? {
        guard let record = records[version.reference] else {
            return "version \(version.reference) is not in the history"
        }
        guard record != version.recordDigest else { return nil }
        return "version \(version.reference) was changed: its record is \(version.recordDigest), expected \(record)"
    }

    /// What is wrong with the aliases' rows, all of them: moved, added or removed without an entry.
    func problems(with aliases: [RegistryAlias]) -> [String] {
        var left = places
        var problems: [String] = []
        for alias in aliases {
            let reference = "\(alias.name)@\(alias.alias)"
            let place = left.removeValue(forKey: reference)
            guard place?.version != alias.version else { continue }
            problems.append(
                "alias \(reference) was moved past the history: version \(alias.version), expected "
                    + (place.map { "version \($0.version)" } ?? "no such alias"))
        }
        return problems + left.keys.sorted().map { "alias \($0) is missing, though the history set it" }
    }
}
