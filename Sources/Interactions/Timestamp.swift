public import Conversations
public import Foundation

/// Times as logs write them: epoch seconds, milliseconds, microseconds or nanoseconds, or ISO 8601. Kept to the
/// millisecond.
public enum Timestamp {
    /// The time that a JSON number or text means; nil if it means none.
    public static func date(_ json: JSONValue?) -> Date? { json.flatMap(milliseconds(_:)).map(date(milliseconds:)) }

    /// The time that a text means: ISO 8601, or epoch digits. Without a zone it is UTC.
    public static func date(_ text: String) -> Date? { date(.string(text)) }

    /// `2026-10-01T08:30:00Z`, with `.123` where the milliseconds are not zero.
    public static func text(_ date: Date) -> String {
        let total = milliseconds(date)
        let (day, inDay) = quotient(total, 86_400_000)
        let (year, month, dayOfMonth) = civil(day: day)
        let seconds = inDay / 1000
        let clock = "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        let fraction = inDay % 1000 == 0 ? "" : ".\(padded(inDay % 1000, to: 3))"
        return "\(padded(year, to: 4))-\(padded(month))-\(padded(dayOfMonth))T\(clock)\(fraction)Z"
    }

    /// Milliseconds since 1970 in UTC.
    public static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1000).rounded()) }

    public static func date(milliseconds: Int) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    static func milliseconds(_ json: JSONValue) -> Int? {
        switch json {
        case .integer(let value): milliseconds(epoch: Double(value))
        case .number(let value): milliseconds(epoch: value)
        case .string(let text): milliseconds(text: text)
        default: nil
        }
    }

    /// The unit follows from the size: 10^11 seconds is the year 5138, 10^11 milliseconds is 1973.
    private static func milliseconds(epoch value: Double) -> Int? {
        guard value.isFinite, value > 0 else { return nil }
        let milliseconds =
            switch value {
            case ..<1e11: value * 1000
            case ..<1e14: value
            case ..<1e17: value / 1000
            default: value / 1_000_000
            }
        return milliseconds < 253_402_300_800_000 ? Int(milliseconds.rounded()) : nil
    }

    private static func milliseconds(text: String) -> Int? {
        var scan = Scan(bytes: Array(text.utf8))
        if scan.bytes.count >= 9, let epoch = Double(text) { return milliseconds(epoch: epoch) }
        guard let year = scan.number(4), scan.skip("-"), let month = scan.number(2), scan.skip("-"),
            let day = scan.number(2), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day)
        else { return nil }
        var milliseconds = days(year: year, month: month, day: day) * 86_400_000
        if scan.isAtEnd { return milliseconds }
        guard scan.skip("T") || scan.skip("t") || scan.skip(" "), let hour = scan.number(2), scan.skip(":"),
            let minute = scan.number(2), hour < 24, minute < 60
        else { return nil }
        milliseconds += (hour * 60 + minute) * 60_000
        if scan.skip(":") {
            // A leap second counts as the one after it.
            guard let second = scan.number(2), second <= 60 else { return nil }
            milliseconds += second * 1000
            if scan.skip(".") || scan.skip(",") {
                guard let fraction = scan.fraction() else { return nil }
                milliseconds += fraction
            }
        }
        if scan.isAtEnd || (scan.skip("Z") || scan.skip("z")) && scan.isAtEnd { return milliseconds }
        let isWest = scan.skip("-")
        guard isWest || scan.skip("+"), let hours = scan.number(2) else { return nil }
        _ = scan.skip(":")
        let minutes = scan.number(2) ?? 0
        guard scan.isAtEnd, hours < 24, minutes < 60 else { return nil }
        return milliseconds - (hours * 60 + minutes) * 60_000 * (isWest ? -1 : 1)
    }

    private struct Scan {
        let bytes: [UInt8]
        var position = 0
        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            guard position + digits <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[position..<position + digits] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            position += digits
            return value
        }

        /// Digits after the point, as milliseconds; what is finer is cut off.
        mutating func fraction() -> Int? {
            var value = 0, count = 0
            while position < bytes.count, (48...57).contains(bytes[position]) {
                if count < 3 { value = value * 10 + Int(bytes[position] - 48) }
                count += 1
                position += 1
            }
            guard count > 0 else { return nil }
            for _ in min(count, 3)..<3 { value *= 10 }
            return value
        }
    }

    private static func padded(_ number: Int, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func quotient(_ number: Int, _ divisor: Int) -> (Int, Int) {
        let remainder = (number % divisor + divisor) % divisor
        return ((number - remainder) / divisor, remainder)
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms"): the year begins in March, so that the leap day comes last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = quotient(year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = quotient(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
