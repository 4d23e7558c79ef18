import Foundation
import PlainText

/// `datetime.strftime` of a local time, in the C locale.
enum Strftime {
    /// Longer results are refused, so that a field width cannot ask for gigabytes.
    private static let maximumLength = 4096

    static func text(_ format: String, at now: LocalTime) throws -> String {
        var parts = tm()
        parts.tm_year = Int32(now.year - 1900)
        parts.tm_mon = Int32(now.month - 1)
        parts.tm_mday = Int32(now.day)
        parts.tm_hour = Int32(now.hour)
        parts.tm_min = Int32(now.minute)
        parts.tm_sec = Int32(now.second)
        // Fills in the days of week and year, whatever zone the process is in.
        _ = timegm(&parts)
        let digits = String(now.microsecond)
        // The C library knows no %f, and Python prints nothing for the zone of a time that has none.
        var prepared = ""
        var characters = format.makeIterator()
        while let character = characters.next() {
            guard character == "%" else {
                prepared.append(character)
                continue
            }
            switch characters.next() {
            case "f": prepared += String(repeating: "0", count: max(0, 6 - digits.count)) + digits
            case "z", "Z": break
            case let other?: prepared += "%" + String(other)
            case nil: prepared += "%"
            }
        }
        if prepared.isEmpty { return "" }
        var buffer = [CChar](repeating: 0, count: maximumLength)
        // A mark at the end tells an empty result from one that did not fit.
        let count = strftime(&buffer, buffer.count, prepared + "|", &parts)
        guard count > 0 else { throw TemplateFailure("strftime_now: the result is too long") }
        return String(decoding: buffer.prefix(count - 1).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
