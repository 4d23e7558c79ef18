import Conversations
import Foundation

/// Where the recorded renderings lie, and how they are read.
enum ChatTemplateFixtures {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    /// Beside the checkout; absent where only the repository was cloned.
    static let folder = here.appending(path: "../../../shared/fixtures/templates").standardizedFileURL
    static var isAvailable: Bool { FileManager.default.fileExists(atPath: folder.path) }
    static let oracle = here.appending(path: "Oracles/chat-template-cases.json")

    static func json(_ url: URL) throws -> JSONValue { try JSONValue(parsing: try Data(contentsOf: url)) }

    /// A local time such as `2025-03-14T09:26:53`.
    static func time(_ text: String) throws -> Date {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
        guard let date = formatter.date(from: text) else { throw CocoaError(.formatting) }
        return date
    }

    static func variables(_ json: JSONValue?) -> [String: JSONValue] {
        Dictionary(uniqueKeysWithValues: (json?.objectValue?.members ?? []).map { ($0.key, $0.value) })
    }
}
