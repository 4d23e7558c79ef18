import Foundation
import GRDB
import PlainText
public import Storage

/// The versions, aliases and history of a workspace.
///
/// Versions never change; an alias moves only together with a new entry of the history. Weights lie in the content
/// store, which this type fills and verifies but whose formats it does not know.
public struct ReleaseRegistry: Sendable {
    let database: WorkspaceDatabase
    public let store: ContentStore
    /// Where the newest entry of the history is noted.
    let headPath: String
    let followed = FollowedHistory()

    public init(workspace: Workspace) throws {
        database = try workspace.database(RegistryMigrations.all)
        store = workspace.store
        headPath = workspace.path("registry-head.json")
    }

    /// The number of the newest history entry, 0 for an empty registry. It grows whenever anything changes: cheap to
    /// poll.
    ///
    /// - Throws: ``RegistryError`` of kind `damaged` where the history or an alias was changed by other hands.
    public func sequence() throws -> Int { try readChecked { $1.count } }

    /// The stamps of the database's files as they are now: a glance, for those who look often.
    public var mark: [FileStamp?] { [database.path, database.path + "-wal"].map(FileStamp.init(path:)) }

    /// Whether an alias ever pointed at a version.
    public func wasPromoted(_ name: String, version: Int) throws -> Bool {
        try readChecked { $1.promoted.contains("\(name):\(version)") }
    }

    /// Every name, sorted.
    public func names() throws -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT DISTINCT name FROM registry_version ORDER BY name") }
    }

    /// The versions of one name or of all, oldest first.
    public func versions(of name: String? = nil) throws -> [RegistryVersion] {
        try readChecked { database, history in
            try Self.versions(database, name).map { try Self.sound($0, history) }
        }
    }

    /// The aliases of one name or of all.
    public func aliases(of name: String? = nil) throws -> [RegistryAlias] {
        try readChecked { database, _ in try Self.aliases(database, name) }
    }

    /// The history of one name or of all, oldest first, as it lies there: ``verify(_:expecting:)`` says whether it holds.
    public func history(of name: String? = nil) throws -> [HistoryEntry] {
        try database.read { try Self.history($0, from: 1).map(\.entry).filter { name == nil || $0.name == name } }
    }

    /// The version that a selector means now.
    ///
    /// - Throws: ``RegistryError`` of kind `input` that lists what there is instead; of kind `damaged` where the history does
    ///   not say so.
    public func resolve(_ selector: VersionSelector) throws -> RegistryVersion {
        try readChecked { try Self.resolve($0, selector, $1) }
    }

    /// A version's row, if it is as it was registered.
    private static func sound(_ version: RegistryVersion, _ history: ReplayedHistory) throws -> RegistryVersion {
        guard let problem = history.problem(with: version) else { return version }
        throw RegistryError(.damaged, problem, hint: "put back the newest copy of the workspace that verifies")
    }

    static func resolve(
        _ database: Database, _ selector: VersionSelector, _ history: ReplayedHistory
    ) throws -> RegistryVersion {
        let number: Int
        switch selector.choice {
        case .version(let version): number = version
        case .alias(let alias):
            guard let found = history.places["\(selector.name)@\(alias)"] else {
                let known = try aliases(database, selector.name).map(\.alias)
                if try versions(database, selector.name).isEmpty { throw try unknown(database, selector.name) }
                throw RegistryError(
                    .input,
                    "\(selector.name) has no alias '\(alias)', expected "
                        + (known.isEmpty ? "one to be set first" : "one of \(known.joined(separator: ", "))"),
                    hint: "retort-registry promote \(selector.name):VERSION --alias \(alias) --reason WHY")
            }
            number = found.version
        }
        if let version = try version(database, selector.name, number) { return try sound(version, history) }
        let all = try versions(database, selector.name)
        guard !all.isEmpty else { throw try unknown(database, selector.name) }
        throw RegistryError(.input, "\(selector.name) has no version \(number), expected 1 to \(all.count)")
    }

    private static func unknown(_ database: Database, _ name: String) throws -> RegistryError {
        let names = try String.fetchAll(database, sql: "SELECT DISTINCT name FROM registry_version ORDER BY name")
        let guess = Spelling.nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
        let known = names.isEmpty ? "nothing is registered yet" : "expected one of \(names.joined(separator: ", "))"
        return RegistryError(
            .input, "'\(name)' is not registered: \(known)\(guess)",
            hint: "retort-registry register \(name) --artifact FILE.gguf")
    }
}
