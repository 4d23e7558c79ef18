extension TreeAttention {
    /// Neighboring blocks that add up the gradients of their keys and values in one place, in order.
    ///
    /// A part is the work of one task for one head of keys, so that how many parts there are depends on shapes alone. It
    /// sees the keys on the path down to its first token, which come first in that place, and then those of its own
    /// tokens.
    struct Part {
        let blocks: Range<Int>
        /// Of its blocks.
        let tokens: Range<Int>
        /// Tokens on the path before the first of them: its position.
        let depth: Int
        /// Keys of the parts before it.
        let base: Int

        /// Keys that it sees.
        var count: Int { depth + tokens.count }

        /// Where the gradients of a segment's keys begin, in tokens.
        func place(of segment: Segment) -> Int {
            let first = segment.keys.lowerBound
            return first < tokens.lowerBound ? segment.column : depth + first - tokens.lowerBound
        }
    }

    /// Enough tasks for a good many threads to share, and no more: keys that several parts see are added up.
    private static let tasks = 24

    /// How many parts the blocks are cut into: as many as there is memory for, if there is more than one.
    var partCount: Int {
        // What is left of the backward pass's memory when panels have theirs; one part always fits.
        let taken = 2 * panels.turnedCount + panels.pairedCount
        let limit = (backwardWorkCount - taken) / (2 * shape.keyValueHeads * shape.headSize)
        var count = min(blocks.count, (TreeAttention.tasks + shape.keyValueHeads - 1) / shape.keyValueHeads)
        while count > 1 {
            let last = part(count - 1, of: count)
            if last.base + last.count <= limit { break }
            count -= 1
        }
        return count
    }

    /// One of `count` parts.
    func part(_ index: Int, of count: Int) -> Part {
        var base = 0
        for before in 0..<index {
            let tokens = tokens(ofPart: before, of: count)
            base += tree.position(tokens.lowerBound) + tokens.count
        }
        let tokens = tokens(ofPart: index, of: count)
        return Part(
            blocks: blocks(ofPart: index, of: count), tokens: tokens, depth: tree.position(tokens.lowerBound),
            base: base)
    }

    private func blocks(ofPart index: Int, of count: Int) -> Range<Int> {
        (index * blocks.count / count)..<((index + 1) * blocks.count / count)
    }

    private func tokens(ofPart index: Int, of count: Int) -> Range<Int> {
        let range = blocks(ofPart: index, of: count)
        return blocks[range.lowerBound].tokens.lowerBound..<blocks[range.upperBound - 1].tokens.upperBound
    }

    /// Calls `body` with the keys among `tokens` that a part sees, a run's at a time, and their place in the part.
    func forEachKey(of part: Part, in tokens: Range<Int>, _ body: (_ keys: Range<Int>, _ place: Int) -> Void) {
        let first = part.tokens.lowerBound
        for segment in tree.segments(of: blocks[part.blocks.lowerBound]) where segment.keys.lowerBound < first {
            let keys = (segment.keys.lowerBound..<min(segment.keys.upperBound, first)).clamped(to: tokens)
            body(keys, segment.column + keys.lowerBound - segment.keys.lowerBound)
        }
        let own = part.tokens.clamped(to: tokens)
        body(own, part.depth + own.lowerBound - first)
    }
}
