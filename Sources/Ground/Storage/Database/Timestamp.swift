public import Foundation
public import JSON

/// Times as logs write them: epoch seconds, milliseconds, microseconds or nanoseconds, ISO 8601 and what is like it.
/// Kept to the millisecond. What could mean two times means none.
public enum Timestamp {
    /// What is read, for messages.
    public static let forms =
        "ISO 8601, or epoch seconds, milliseconds, microseconds or nanoseconds, of the years 1980 to 2199"

    /// The time that a JSON number or text means; nil if it means none.
    public static func date(_ json: JSONValue?) -> Date? { json.flatMap(milliseconds(_:)).map(date(milliseconds:)) }

    /// The time that a text means: ISO 8601, an e-mail's date, or epoch digits. Without a zone it is UTC.
    public static func date(_ text: String) -> Date? { date(.string(text)) }

    /// `2026-10-01T08:30:00Z`, with `.123` where the milliseconds are not zero.
    public static func text(_ date: Date) -> String {
        let (clock, thousandths) = parts(date)
        return clock + (thousandths == 0 ? "" : ".\(padded(thousandths, to: 3))") + "Z"
    }

    /// `2026-10-01T08:30:00.000Z`, always with its milliseconds: what the registry hashes.
    public static func fullText(_ date: Date) -> String {
        let (clock, thousandths) = parts(date)
        return "\(clock).\(padded(thousandths, to: 3))Z"
    }

    /// The date of a text that ``fullText(_:)`` wrote; nil for anything else.
    public static func date(fullText text: String) -> Date? { date(text).flatMap { fullText($0) == text ? $0 : nil } }

    /// The date to the millisecond, as columns and texts keep it: what is read back is equal to it.
    public static func rounded(_ date: Date) -> Date { self.date(milliseconds: milliseconds(date)) }

    private static func parts(_ date: Date) -> (clock: String, thousandths: Int) {
        let (day, inDay) = quotient(milliseconds(date), 86_400_000)
        let (year, month, dayOfMonth) = civil(day: day)
        let seconds = inDay / 1000
        let clock = "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        return ("\(padded(year, to: 4))-\(padded(month))-\(padded(dayOfMonth))T\(clock)", inDay % 1000)
    }

    /// Milliseconds since 1970 in UTC.
    public static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1000).rounded()) }

    public static func date(milliseconds: Int) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    static func milliseconds(_ json: JSONValue) -> Int? {
        switch json {
        case .integer(let value): milliseconds(epoch: Double(value)) ?? milliseconds(digits: String(value))
        case .number(let value): milliseconds(epoch: value)
        case .decimal(let value): value.doubleValue.flatMap(milliseconds(epoch:))
        case .string(let text): milliseconds(text: text)
        default: nil
        }
    }

    /// Of these years alone a time is one; other numbers and texts mean none.
    private static let years = 1980..<2200

    /// The unit follows from the size: each has its own range for the years from 1980 to 2199.
    private static func milliseconds(epoch value: Double) -> Int? {
        for (unit, perMillisecond) in [(1e-3, 1e-3), (1.0, 1.0), (1e3, 1e3), (1e6, 1e6)] {
            let seconds = value / (1000 * unit)
            if (315_532_800..<7_258_118_400).contains(seconds) { return Int((value / perMillisecond).rounded()) }
        }
        return nil
    }

    /// A calendar's digits, `20260105100000`, which are the time of no epoch: they lie between the units' ranges.
    private static func milliseconds(digits: String) -> Int? {
        guard [8, 12, 14, 17].contains(digits.utf8.count) else { return nil }
        var scan = Scan(bytes: Array(digits.utf8))
        guard let year = scan.number(4), let month = scan.number(2),
            let day = scan.number(2), let date = milliseconds(year: year, month: month, day: day)
        else { return nil }
        if scan.isAtEnd { return date }
        guard let hour = scan.number(2), let minute = scan.number(2), hour < 24, minute < 60 else { return nil }
        let second = scan.isAtEnd ? 0 : scan.number(2) ?? 60
        let fraction = scan.isAtEnd ? 0 : scan.number(3) ?? 0
        guard second < 60, scan.isAtEnd else { return nil }
        return date + ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    }

    static func milliseconds(year: Int, month: Int, day: Int) -> Int? {
        // What programs write for no time at all: 0001-01-01, 1601-01-01, 1970-01-01, 9999-12-31.
        guard years.contains(year), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day) else {
            return nil
        }
        return days(year: year, month: month, day: day) * 86_400_000
    }

    private static func milliseconds(text: String) -> Int? {
        var scan = Scan(bytes: Array(text.utf8))
        if scan.bytes.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }) {
            return Double(text).flatMap(milliseconds(epoch:)) ?? milliseconds(digits: text)
        }
        guard let date = scan.date() else { return nil }
        if scan.isAtEnd { return date }
        guard scan.skip("T") || scan.skip("t") || scan.skip(" "), let time = scan.time(), let zone = scan.zone()
        else { return nil }
        return scan.isAtEnd ? date + time - zone : nil
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
