extension Timestamp {
    /// Reads a time from its beginning on.
    struct Scan {
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

        /// `2026-01-05`, `2026/01/05`, `20260105`, or `Mon, 05 Jan 2026`; 01/05/2026 is two dates, and so none.
        mutating func date() -> Int? {
            if let year = number(4) {
                let separator: Unicode.Scalar? = skip("-") ? "-" : skip("/") ? "/" : nil
                guard let month = number(2), separator.map({ skip($0) }) ?? true, let day = number(2) else {
                    return nil
                }
                return Timestamp.milliseconds(year: year, month: month, day: day)
            }
            if let comma = bytes.firstIndex(of: UInt8(ascii: ",")) {
                let name = String(decoding: bytes[..<comma], as: UTF8.self).lowercased()
                guard ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(name) else { return nil }
                position = comma + 1
                guard skip(" ") else { return nil }
            }
            guard let day = number(2) ?? number(1), skip(" "), let month = month(), skip(" "), let year = number(4)
            else { return nil }
            return Timestamp.milliseconds(year: year, month: month, day: day)
        }

        private mutating func month() -> Int? {
            let name = String(decoding: bytes[position...].prefix(3), as: UTF8.self).lowercased()
            let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            guard let index = names.firstIndex(of: name) else { return nil }
            position += 3
            return index + 1
        }

        /// Milliseconds since midnight; 24:00 is the midnight that ends the day. Colons may be left out.
        mutating func time() -> Int? {
            guard let hour = number(2) else { return nil }
            let hasColons = skip(":")
            guard let minute = number(2), hour <= 24, minute < 60 else { return nil }
            var milliseconds = (hour * 60 + minute) * 60_000
            if hasColons ? skip(":") : hasDigit {
                // A leap second counts as the one after it.
                guard let second = number(2), second <= 60 else { return nil }
                milliseconds += second * 1000
                if skip(".") || skip(",") {
                    guard let fraction = fraction() else { return nil }
                    milliseconds += fraction
                }
            }
            return hour < 24 || milliseconds == 86_400_000 ? milliseconds : nil
        }

        /// Milliseconds east of Greenwich: nothing, `Z`, `UTC`, `GMT`, `+02:00`, `-0530`, `+02`, a space before it or not.
        mutating func zone() -> Int? {
            if isAtEnd { return 0 }
            _ = skip(" ")
            for name in ["Z", "z", "UTC", "GMT"] where bytes[position...].elementsEqual(name.utf8) {
                position = bytes.count
                return 0
            }
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = number(2), hours < 24 else { return nil }
            let isFollowed = skip(":")
            guard let minutes = number(2) ?? (isFollowed ? nil : 0), minutes < 60 else { return nil }
            return (hours * 60 + minutes) * 60_000 * (isWest ? -1 : 1)
        }

        private var hasDigit: Bool { position < bytes.count && (48...57).contains(bytes[position]) }

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
}
