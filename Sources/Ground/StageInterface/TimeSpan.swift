import ArgumentParser

/// A time as it is typed: `2h`, `90m`, `1h30m`, `45s`.
public struct TimeSpan: TypedValue, Hashable, Sendable {
    public static let allowed = "numbers with their units: 2h, 1h30m, 45s"

    public var seconds: Double

    public init(seconds: Double) { self.seconds = seconds }

    public init?(argument: String) {
        var rest = argument.lowercased()[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
            guard let number = Double(digits), let letter = rest.dropFirst(digits.count).first,
                let unit = units[letter]
            else { return nil }
            total += number * unit
            rest = rest.dropFirst(digits.count + 1)
        }
        guard total > 0, total < 1e9 else { return nil }
        seconds = total
    }
}
