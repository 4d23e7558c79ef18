public import Foundation

/// A moment as a wall clock shows it, without a zone: what chat templates that print the date are told.
///
/// Whoever renders a conversation passes one in; no engine reads a clock. As text it is `2025-03-14`, or
/// `2025-03-14T09:26:53` where it is not the beginning of a day. The calendar is the Gregorian one.
public struct LocalTime: Sendable, Hashable {
    public let year: Int
    public let month: Int
    public let day: Int
    public let hour: Int
    public let minute: Int
    public let second: Int
    public let microsecond: Int

    /// nil for what no clock shows: a day that the month does not have, an hour beyond 23, a year beyond 9999.
    public init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        guard (1...9999).contains(year), (1...12).contains(month), (0..<24).contains(hour), (0..<60).contains(minute),
            (0..<60).contains(second), (0..<1_000_000).contains(microsecond)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...days[month - 1]).contains(day) else { return nil }
        self.init(unchecked: (year, month, day, hour, minute, second, microsecond))
    }

    private init(unchecked parts: (Int, Int, Int, Int, Int, Int, Int)) {
        (year, month, day, hour, minute, second, microsecond) = parts
    }

    /// What the clock of a zone shows at a moment, to the second.
    public init(_ date: Date, in zone: TimeZone = .current) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        // The calendar gives every part that it is asked for.
        self.init(
            unchecked: (
                parts.year ?? 1, parts.month ?? 1, parts.day ?? 1, parts.hour ?? 0, parts.minute ?? 0,
                parts.second ?? 0, 0
            ))
    }

    /// Reads `2025-03-14`, `2025-03-14T09:26:53` or `2025-03-14T09:26:53.500000`; nil for anything else.
    public init?(_ text: String) {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count <= 2, let date = LocalTime.numbers(halves[0], separator: "-", digits: [4, 2, 2]) else {
            return nil
        }
        guard halves.count == 2 else {
            self.init(year: date[0], month: date[1], day: date[2])
            return
        }
        let parts = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let time = LocalTime.numbers(parts[0], separator: ":", digits: [2, 2, 2]) else {
            return nil
        }
        var microsecond = 0
        if parts.count == 2 {
            guard let fraction = LocalTime.numbers(parts[1], separator: ".", digits: [6]) else { return nil }
            microsecond = fraction[0]
        }
        self.init(
            year: date[0], month: date[1], day: date[2], hour: time[0], minute: time[1], second: time[2],
            microsecond: microsecond)
    }

    private static func numbers(_ text: Substring, separator: Character, digits: [Int]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == digits, text.utf8.allSatisfy({ $0 == separator.asciiValue || 48...57 ~= $0 })
        else { return nil }
        return parts.compactMap { Int($0) }
    }

    /// What ``init(_:)-(String)`` reads, for messages.
    public static let forms = "a date such as 2025-03-14, or with a time, 2025-03-14T09:26:53"

    /// The beginning of the day.
    public var startOfDay: LocalTime { LocalTime(unchecked: (year, month, day, 0, 0, 0, 0)) }
}

extension LocalTime: CustomStringConvertible {
    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
        }
        let date = [padded(year, 4), padded(month, 2), padded(day, 2)].joined(separator: "-")
        if self == startOfDay { return date }
        let time = [hour, minute, second].map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(time)" + (microsecond == 0 ? "" : "." + padded(microsecond, 6))
    }
}
