import Foundation
import Glibc
import Storage
import Synchronization

/// The clients in force: those of the newest file that could be read.
final class ClientBook: Sendable {
    private struct State {
        var clients: [(keys: [KeyDigest], account: ClientAccount)] = []
        /// The file as it was looked at last, read or not.
        var seen: Data?
        var failure: String?
    }

    private static let mostBytes = 4 << 20

    let path: String
    private let state = Mutex(State())
    private let say: @Sendable (String) -> Void
    private let warn: @Sendable (String) -> Void

    /// - Throws: what is wrong with the file: a server does not start without its clients.
    init(path: String, say: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (String) -> Void) throws {
        self.path = path
        self.say = say
        self.warn = warn
        let (data, permissions) = try ClientBook.read(path)
        if permissions & S_IWOTH != 0 {
            warn("\(path) can be written by every user of this machine, who may let anybody in (chmod o-w \(path))")
        }
        try take(data)
    }

    /// The account of the client whose key has a digest. All keys are compared, whichever it is.
    func account(of key: KeyDigest) -> ClientAccount? {
        state.withLock { state in
            var found: ClientAccount?
            for client in state.clients {
                for known in client.keys where known.matches(key) { found = client.account }
            }
            return found
        }
    }

    var accounts: [ClientAccount] { state.withLock { $0.clients.map(\.account) } }

    /// Why the file as it is now is not the one in force; nil where it is.
    var failure: String? { state.withLock { $0.failure } }

    /// Reads the file if it is another than it was; one that is wrong leaves the clients as they are, and says so.
    func refresh() {
        do {
            let (data, _) = try ClientBook.read(path)
            guard state.withLock({ $0.seen != data }) else { return }
            try take(data)
            say("\(path) is read anew: \(accounts.count) clients")
        } catch {
            let problems = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
            let reason = problems.split(separator: "\n").joined(separator: "; ")
            let isNew = state.withLock { state in
                defer { state.failure = reason }
                return state.failure != reason
            }
            if isNew { warn("clients and quotas stay as they were: \(reason)") }
        }
    }

    private func take(_ data: Data) throws {
        state.withLock { $0.seen = data }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw StorageError(.input, "\(path) is not UTF-8 text")
        }
        let list = try ClientList(text: text, path: path)
        state.withLock { state in
            let accounts = Dictionary(uniqueKeysWithValues: state.clients.map { ($0.account.name, $0.account) })
            state.clients = list.clients.map { client in
                guard let account = accounts[client.name] else {
                    return (client.keys, ClientAccount(client.name, client.quota))
                }
                account.setQuota(client.quota)
                return (client.keys, account)
            }
            state.failure = nil
        }
    }

    private static func read(_ path: String) throws -> (Data, mode_t) {
        // A pipe would be read once, and hold up whoever opens it.
        var status = stat()
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(
                .input, "cannot read \(path): expected a regular file, which is read again when it changes")
        }
        let data = try FileHandle(readingFrom: path).read(upToCount: mostBytes + 1) ?? Data()
        guard data.count <= mostBytes else {
            throw StorageError(.input, "cannot read \(path): more than \(mostBytes) bytes, expected a list of clients")
        }
        return (data, status.st_mode)
    }
}
