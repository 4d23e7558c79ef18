package import Foundation

/// Times as the registry writes them: UTC, ISO 8601, to the millisecond. Part of what is hashed.
///
/// Foundation's own style cuts fractions off, so that 0.123, which no `Double` is, can come back as 0.122; whole
/// milliseconds come back as they were.
package enum Timestamp {
    private static let style = Date.ISO8601FormatStyle()

    package static func text(_ date: Date) -> String {
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded())
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let fraction = String(1000 + rest).dropFirst()
        return style.format(Date(timeIntervalSince1970: Double(seconds))).dropLast() + ".\(fraction)Z"
    }

    /// The date of a text that ``text(_:)`` wrote; nil for anything else.
    package static func date(_ text: String) -> Date? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].count == 4, parts[1].last == "Z", let rest = Int(parts[1].dropLast()),
            let date = try? style.parse("\(parts[0])Z")
        else { return nil }
        return Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000 + Double(rest)) / 1000)
    }

    /// The date as a record keeps it, so that a record reads back equal to the one that was written.
    package static func rounded(_ date: Date) -> Date {
        Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded() / 1000)
    }
}
