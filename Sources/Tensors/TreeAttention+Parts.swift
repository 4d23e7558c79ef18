extension TreeAttention {
    /// Neighboring blocks that add up the gradients of their keys and values in one place, in order.
    ///
    /// A part is the work of one task for one head of keys, so that how many parts there are depends on shapes alone.
    struct Part: Sendable {
        var blocks: Range<Int>
        /// The keys that its blocks see.
        var pieces: [Piece]
        /// Tokens of all pieces.
        var count: Int
        /// Tokens of the parts before it.
        var base: Int

        struct Piece: Sendable {
            var keys: Range<Int>
            /// Where its gradients begin, in tokens.
            var place: Int
        }

        /// Enough tasks for a good many threads to share, and no more: keys that several parts see are added up.
        private static let tasks = 24

        /// Cuts the blocks into parts and notes in their segments where the gradients of their keys go.
        ///
        /// - Parameter limit: the most tokens that all parts hold together, if there is more than one.
        static func cut(_ blocks: inout [Block], keyValueHeads: Int, limit: Int) -> [Part] {
            var wanted = max(1, min(blocks.count, (tasks + keyValueHeads - 1) / keyValueHeads))
            while true {
                let parts = cut(&blocks, into: wanted)
                if wanted == 1 || parts.reduce(0, { $0 + $1.count }) <= limit { return parts }
                wanted -= 1
            }
        }

        private static func cut(_ blocks: inout [Block], into wanted: Int) -> [Part] {
            var parts: [Part] = []
            var base = 0
            for index in 0..<wanted {
                let range = (index * blocks.count / wanted)..<((index + 1) * blocks.count / wanted)
                var part = Part(blocks: range, pieces: [], count: 0, base: base)
                part.collect(&blocks)
                base += part.count
                parts.append(part)
            }
            return parts
        }

        private mutating func collect(_ blocks: inout [Block]) {
            var piece: [Int: Int] = [:]
            for segment in blocks[self.blocks].lazy.flatMap(\.segments) {
                if let known = piece[segment.run] {
                    let end = max(pieces[known].keys.upperBound, segment.keys.upperBound)
                    pieces[known].keys = segment.keys.lowerBound..<end
                } else {
                    piece[segment.run] = pieces.count
                    pieces.append(Piece(keys: segment.keys, place: 0))
                }
            }
            for index in pieces.indices {
                pieces[index].place = count
                count += pieces[index].keys.count
            }
            for block in self.blocks {
                for index in blocks[block].segments.indices {
                    guard let known = piece[blocks[block].segments[index].run] else { continue }
                    blocks[block].segments[index].place = pieces[known].place
                }
            }
        }
    }
}
