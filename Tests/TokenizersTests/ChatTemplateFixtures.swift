import Conversations
import Foundation

/// Where the recorded renderings lie, and how they are read.
enum ChatTemplateFixtures {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    /// Beside the checkout; absent where only the repository was cloned.
    static let folder = here.appending(path: "../../../shared/fixtures/templates").standardizedFileURL
    static var isAvailable: Bool { FileManager.default.fileExists(atPath: folder.path) }
    /// A moment, where none matters.
    static let someDay = LocalTime(Date(timeIntervalSince1970: 0), in: .gmt)
    static let oracle = here.appending(path: "Oracles/chat-template-cases.json")

    static func json(_ url: URL) throws -> JSONValue { try JSONValue(parsing: try Data(contentsOf: url)) }

    /// A local time such as `2025-03-14T09:26:53`.
    static func time(_ text: String) throws -> LocalTime {
        guard let time = LocalTime(text) else { throw CocoaError(.formatting) }
        return time
    }

    static func variables(_ json: JSONValue?) -> [String: JSONValue] {
        Dictionary(uniqueKeysWithValues: (json?.objectValue?.members ?? []).map { ($0.key, $0.value) })
    }
}
