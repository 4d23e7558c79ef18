import ArgumentParser

/// An amount of memory as it is typed: `6g`, `512m`, `1.5gb`, `2GiB`, or a number of bytes.
public struct ByteCount: TypedValue, Hashable, Sendable {
    public static let allowed = "a number of bytes, or with its unit: 6g, 512m, 2GiB"

    public var bytes: Int

    public init(_ bytes: Int) { self.bytes = bytes }

    public init?(argument: String) {
        let text = argument.lowercased()
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let units: [String: Double] = [
            "": 1, "b": 1, "k": 1e3, "kb": 1e3, "kib": 1024, "m": 1e6, "mb": 1e6, "mib": 1_048_576, "g": 1e9, "gb": 1e9,
            "gib": 1_073_741_824, "t": 1e12, "tb": 1e12, "tib": 1_099_511_627_776,
        ]
        guard let number = Double(digits), let unit = units[String(text.dropFirst(digits.count))],
            number > 0, number * unit < 1e18
        else { return nil }
        bytes = Int(number * unit)
    }
}
