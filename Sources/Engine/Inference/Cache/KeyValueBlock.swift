/// Room for the keys and values of a run of tokens in every layer.
///
/// Unchecked `Sendable`: whoever made the block alone writes to it, at offsets that it has not yet handed out; what
/// others read (through a ``KeyValuePiece``) was written before the piece was made and is never written again.
final class KeyValueBlock: @unchecked Sendable {
    let capacity: Int
    /// Numbers in the keys (or the values) of one token in one layer.
    let width: Int
    /// `[layer][keys, values][capacity][width]`; pages that nobody touches cost nothing.
    private let storage: UnsafeMutablePointer<Float>

    init(capacity: Int, width: Int, layerCount: Int) {
        self.capacity = capacity
        self.width = width
        storage = .allocate(capacity: max(1, 2 * layerCount * capacity * width))
    }

    deinit { storage.deallocate() }

    /// `[capacity, width]`
    func keys(layer: Int) -> UnsafeMutablePointer<Float> { storage + 2 * layer * capacity * width }
    /// `[capacity, width]`
    func values(layer: Int) -> UnsafeMutablePointer<Float> { storage + (2 * layer + 1) * capacity * width }
}

/// Some consecutive tokens in a block.
struct KeyValuePiece: Sendable {
    var block: KeyValueBlock
    var offset: Int
    var count: Int

    /// The part of this piece that begins `start` tokens in.
    func part(from start: Int, count: Int) -> KeyValuePiece {
        KeyValuePiece(block: block, offset: offset + start, count: count)
    }
}

extension [KeyValuePiece] {
    /// Adds a piece; one that follows directly on the last in the same block makes it longer.
    mutating func extend(by piece: KeyValuePiece) {
        guard piece.count > 0 else { return }
        if let last, last.block === piece.block, last.offset + last.count == piece.offset {
            self[count - 1].count += piece.count
        } else {
            append(piece)
        }
    }

    /// The pieces of the tokens in a range, counted from the first piece's first token.
    func slice(_ range: Range<Int>) -> [KeyValuePiece] {
        var result: [KeyValuePiece] = []
        var start = 0
        for piece in self {
            let from = Swift.max(range.lowerBound, start), to = Swift.min(range.upperBound, start + piece.count)
            if from < to { result.append(piece.part(from: from - start, count: to - from)) }
            start += piece.count
        }
        return result
    }
}
