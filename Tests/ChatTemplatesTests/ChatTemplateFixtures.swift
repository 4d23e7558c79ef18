import Foundation
import JSON
import PlainText
import TestSupport

/// Where the recorded renderings lie, and how they are read.
enum ChatTemplateFixtures {
    static let folder = Fixtures.root.appending(path: "templates")
    static let oracle = Checkout.root.appending(path: "Tests/ChatTemplatesTests/Oracles/chat-template-cases.json")
    /// A moment, where none matters.
    static let someDay = LocalTime(Date(timeIntervalSince1970: 0), in: .gmt)

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
