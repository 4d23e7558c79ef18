import Foundation
public import JSON
import Storage

/// The file that names the clients of a server, their keys' digests and their quotas: `clients.yaml`, written by a
/// person, read strictly.
///
/// `Documentation/Formats/Clients.md` describes the keys.
public struct ClientList: Sendable {
    struct Client: Sendable {
        var name: String
        var keys: [KeyDigest]
        var quota: ClientQuota
    }

    let clients: [Client]

    /// Every key is compared with every other at each request.
    private static let mostKeys = 4096

    /// - Parameter path: what messages call the text.
    /// - Throws: `ConfigurationError` with every problem of the file.
    init(text: String, path: String) throws { try self.init(file: ConfigurationFile(text: text, path: path)) }

    /// The JSON Schema of `clients.yaml`.
    public static func schema() throws -> JSONValue {
        try ConfigurationFile.schema(title: "clients.yaml") { _ = try ClientList(file: $0) }
    }

    private init(file: ConfigurationFile) throws {
        var names: Set<String> = [], digests: Set<ContentDigest> = []
        let root = file.root
        clients = root.sections("clients").map { section in
            let name = section.string("name")
            if !ClientList.isName(name) {
                section.report(
                    "name", found: "'\(name.prefix(80))'",
                    expected: "1 to 64 letters, digits, '.', '_' or '-', a letter or digit first")
            } else if !names.insert(name).inserted {
                section.report("name", found: "'\(name)' again", expected: "each client once")
            }
            let keys = section.strings("keys").compactMap { text -> KeyDigest? in
                // What is written here may be a key: it is not said.
                guard text.hasPrefix("sha256:"), let digest = ContentDigest(text) else {
                    section.report(
                        "keys", found: "a text that is no digest",
                        expected: "sha256: and 64 hexadecimal digits, as retort-serve key prints")
                    return nil
                }
                if !digests.insert(digest).inserted {
                    section.report("keys", found: "\(digest) again", expected: "each key once, at one client")
                }
                return KeyDigest(digest)
            }
            return Client(name: name, keys: keys, quota: ClientQuota(section))
        }
        if digests.count > ClientList.mostKeys {
            root.report("clients", found: "\(digests.count) keys", expected: "at most \(ClientList.mostKeys)")
        }
        try file.finish()
    }

    private static func isName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count) else { return false }
        return name.utf8.enumerated().allSatisfy { index, byte in
            RequestIdentifier.isPlain(byte) && (index > 0 || ![45, 46, 95].contains(byte))
        }
    }
}
