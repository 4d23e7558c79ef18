import Foundation

/// `datetime.strftime` of a local time, in the C locale.
enum Strftime {
    /// Longer results are refused, so that a field width cannot ask for gigabytes.
    private static let maximumLength = 4096

    static func text(_ format: String, at now: Date) throws -> String {
        var seconds = time_t(now.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        localtime_r(&seconds, &parts)
        let microseconds = Int((now.timeIntervalSince1970 - Double(seconds)) * 1e6)
        let digits = String(microseconds)
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
