/// A name of matrices of a base, or a pattern of such names: `attn_q`, `blk.0.*`, `blk.1[0-5].ffn_*`.
///
/// `*` stands for any characters, `?` for one, `[…]` for one of a set. A pattern matches a whole name (`blk.3.attn_q`), or
/// the end of one from a dot on, as PEFT's patterns do.
public struct MatrixPattern: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private let pieces: [Piece]

    private enum Piece: Hashable {
        case one(UInt8)
        case any
        case anyOne
        case set([ClosedRange<UInt8>])

        func matches(_ byte: UInt8) -> Bool {
            switch self {
            case .one(let expected): byte == expected
            case .set(let ranges): ranges.contains { $0.contains(byte) }
            case .anyOne, .any: true
            }
        }
    }

    /// nil for an empty text, one with other characters than letters, digits, `_ . * ? [ ] -`, or a set without an end.
    public init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): pieces.append(.any)
            case UInt8(ascii: "?"): pieces.append(.anyOne)
            case UInt8(ascii: "["):
                guard let set = MatrixPattern.set(&rest) else { return nil }
                pieces.append(.set(set))
            case let byte where MatrixPattern.isPlain(byte): pieces.append(.one(byte))
            default: return nil
            }
        }
        guard !pieces.isEmpty else { return nil }
        description = text
        self.pieces = pieces
    }

    /// Whether it is a name rather than a pattern of names.
    public var isPlain: Bool {
        pieces.allSatisfy { if case .one = $0 { true } else { false } }
    }

    /// - Parameter name: without `.weight`: `blk.3.attn_q`.
    public func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        let starts = [0] + name.indices.filter { name[$0] == UInt8(ascii: ".") }.map { $0 + 1 }
        return starts.contains { matches(name[$0...]) }
    }

    /// Only the last `*` met ever has to take more: what came before it has its first place, which leaves most.
    private func matches(_ name: ArraySlice<UInt8>) -> Bool {
        var place = name.startIndex
        var piece = 0
        var last: (piece: Int, place: Int)?
        while place < name.endIndex {
            if piece < pieces.count, pieces[piece] == .any {
                last = (piece, place)
                piece += 1
            } else if piece < pieces.count, pieces[piece].matches(name[place]) {
                piece += 1
                place += 1
            } else if let star = last {
                last = (star.piece, star.place + 1)
                (piece, place) = (star.piece + 1, star.place + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .any }
    }

    /// What stands between the brackets.
    private static func set(_ rest: inout ArraySlice<UInt8>) -> [ClosedRange<UInt8>]? {
        var ranges: [ClosedRange<UInt8>] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "]") { return ranges.isEmpty ? nil : ranges }
            guard isPlain(byte) else { return nil }
            if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first, end != UInt8(ascii: "]") {
                guard byte <= end else { return nil }
                ranges.append(byte...end)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(byte...byte)
            }
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// A number for the matrices that a pattern matches.
public struct PatternValue: Sendable, Hashable {
    public var pattern: MatrixPattern
    public var value: Double

    public init(_ pattern: MatrixPattern, _ value: Double) {
        self.pattern = pattern
        self.value = value
    }
}
