import Foundation

/// Times as the registry writes them: UTC, ISO 8601, to the millisecond. Part of what is hashed.
enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func text(_ date: Date) -> String { style.format(date) }

    /// The date of a text that ``text(_:)`` wrote; nil for anything else.
    static func date(_ text: String) -> Date? { try? style.parse(text) }

    /// The date as a record keeps it, so that a record reads back equal to the one that was written.
    static func rounded(_ date: Date) -> Date { Self.date(text(date)) ?? date }
}
