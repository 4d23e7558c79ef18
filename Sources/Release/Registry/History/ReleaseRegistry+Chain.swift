import Foundation
import GRDB
import Storage
import Synchronization

/// The history that this process has replayed so far, and whether it was held against the noted head.
final class FollowedHistory: Sendable {
    struct State: Sendable {
        var history = ReplayedHistory()
        var isHeadChecked = false
    }

    let state = Mutex(State())
}

/// Reading and writing by what the history says. It is replayed once; then only new entries are, so that a server can ask
/// several times a second.
extension ReleaseRegistry {
    /// Reads one state of the database, after its history and aliases were found to be sound.
    ///
    /// - Throws: ``RegistryError`` of kind `damaged` where rows were changed, removed or put back.
    func readChecked<Value: Sendable>(_ body: (Database, ReplayedHistory) throws -> Value) throws -> Value {
        try followed.state.withLock { state in
            do {
                return try readChecked(&state, body)
            } catch let error as RegistryError where error.kind == .damaged && state.history.count > 0 {
                // An older database may have been put back and accepted meanwhile: then it is followed from its beginning.
                // An acceptance is noted, so that nothing is replayed again and again while only damage is there.
                let noted = try? RegistryHead.read(headPath)
                var anew = FollowedHistory.State()
                guard noted?.digest != state.history.head, let value = try? readChecked(&anew, body),
                    anew.history.acceptance != state.history.acceptance
                else { throw error }
                state = anew
                return value
            }
        }
    }

    private func readChecked<Value: Sendable>(
        _ state: inout FollowedHistory.State, _ body: (Database, ReplayedHistory) throws -> Value
    ) throws -> Value {
        // Noted before the database is looked at: what is noted later is no part of it.
        let noted = state.isHeadChecked ? nil : try RegistryHead.read(headPath)
        let before = state
        let (after, value) = try database.read { database in
            let after = try checked(before, noted, database)
            return (after, try body(database, after.history))
        }
        state = after
        return value
    }

    /// Changes the database by what the history says, in one transaction, and notes the new head.
    func change<Value: Sendable>(_ body: (Database, ReplayedHistory) throws -> Value) throws -> Value {
        let isHeadChecked = followed.state.withLock { $0.isHeadChecked }
        let noted = isHeadChecked ? nil : try RegistryHead.read(headPath)
        let value = try database.write { database in
            let history = try followed.state.withLock { state in
                var before = state
                before.isHeadChecked = isHeadChecked
                state = try checked(before, noted, database)
                return state.history
            }
            let value = try body(database, history)
            try Self.beginNoting(database)
            return value
        }
        try noteHead()
        return value
    }

    private func checked(
        _ state: FollowedHistory.State, _ noted: RegistryHead?, _ database: Database
    ) throws -> FollowedHistory.State {
        var state = state
        try Self.follow(&state.history, database)
        if !state.isHeadChecked {
            if let problem = try RegistryHead.problem(noted, headPath, database) {
                throw RegistryError(.damaged, problem, hint: RegistryHead.hint)
            }
            state.isHeadChecked = true
        }
        if let problem = state.history.problems(with: try Self.aliases(database, nil)).first {
            throw RegistryError(
                .damaged, problem,
                hint: "retort-registry accept --reason WHY puts every alias where the history has it")
        }
        return state
    }

    /// Replays what was added since.
    static func follow(_ history: inout ReplayedHistory, _ database: Database) throws {
        var rows = try Self.history(database, from: max(1, history.count))[...]
        if history.count > 0 {
            guard let last = rows.popFirst(), last.entry.sequence == history.count, last.entry.digest == history.head,
                last.storedDigest == history.head?.description
            else {
                throw RegistryError(
                    .damaged, "history entry \(history.count) was changed or removed since it was read",
                    hint: "retort-registry verify names what is wrong; start again once it is mended")
            }
        }
        for (entry, stored) in rows {
            if let problem = history.problems(with: entry, storedDigest: stored).first {
                throw RegistryError(.damaged, problem, hint: "retort-registry verify names all that is wrong")
            }
            history.add(entry, storedDigest: stored)
        }
    }

    /// From the first change on, the note must be there.
    static func beginNoting(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO registry_head (entry)
                SELECT newest FROM (SELECT max(sequence) AS newest FROM registry_history)
                WHERE newest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM registry_head)
                """)
    }

    /// Notes the newest entry beside the database. No other process writes meanwhile, so that the note never goes back.
    func noteHead(whateverIsNoted: Bool = false) throws {
        try database.write { database in
            let newest = try Row.fetchOne(
                database, sql: "SELECT sequence, digest FROM registry_history ORDER BY sequence DESC LIMIT 1")
            guard let newest, let digest = ContentDigest(newest["digest"]) else { return }
            let head = RegistryHead(entry: newest["sequence"], digest: digest)
            if try whateverIsNoted || RegistryHead.read(headPath) != head { try head.write(to: headPath) }
        }
    }
}
