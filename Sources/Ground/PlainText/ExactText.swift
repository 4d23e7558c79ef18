/// A text that equals another only where their bytes are the same, for sets and for keys of dictionaries.
///
/// Swift calls strings equal that Unicode calls canonically equivalent: "é" of one scalar and "é" of two. Two keys of a
/// log, two names, two inputs are the same only byte by byte.
public struct ExactText: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    public var description: String { text }

    public static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    // Texts of the same bytes have the same hash as strings.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    public static func < (left: ExactText, right: ExactText) -> Bool { left.text.precedesExactly(right.text) }
}

extension String {
    /// Whether the bytes are the same.
    public func isExactly(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isEqual = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { left.elementsEqual($0) }
        }
        return isEqual.flatMap(\.self) ?? utf8.elementsEqual(other.utf8)
    }

    /// Whether the bytes come first in their order.
    public func precedesExactly(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
