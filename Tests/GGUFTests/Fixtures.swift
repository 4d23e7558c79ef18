import Foundation

/// Where the oracle files lie: beside the checkout.
enum Fixtures {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/fixtures").path

    static let arePresent = FileManager.default.fileExists(atPath: root)

    static func path(_ name: String) -> String { "\(root)/\(name)" }
}
