/// Which of the merges that wait comes next: the one of smallest rank, and of equal ranks the leftmost.
///
/// A tree whose nodes have sixteen children and hold the smallest rank below them. Every place has one rank at any time,
/// so that nothing stale is ever looked at, and a node is refreshed by one pass over sixteen numbers that lie side by
/// side, which the compiler turns into a few vector instructions; a heap would mispredict a branch at every step.
struct MergeTournament {
    /// All levels, one behind the other, from the places to the root's children; each a multiple of 16 long.
    private var nodes: [Int32] = []
    /// Where each level begins.
    private var starts: [Int] = []

    private static let width = 16

    /// Begins anew with the ranks of `symbols`; a place without a merge has ``Symbol/noMerge``.
    mutating func fill(_ symbols: UnsafeMutableBufferPointer<Symbol>) {
        nodes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        for symbol in symbols { nodes.append(symbol.rank) }
        var start = 0
        while true {
            starts.append(start)
            while (nodes.count - start) % MergeTournament.width != 0 { nodes.append(Symbol.noMerge) }
            let end = nodes.count
            if end - start == MergeTournament.width { break }
            for block in stride(from: start, to: end, by: MergeTournament.width) {
                nodes.append(nodes[block..<block + MergeTournament.width].min() ?? Symbol.noMerge)
            }
            start = end
        }
    }

    /// The place of the merge that comes next, or nil when none waits.
    @inline(__always)
    func first() -> Int? {
        nodes.withUnsafeBufferPointer { nodes in
            starts.withUnsafeBufferPointer { starts in
                var level = starts.count &- 1
                let rank = MergeTournament.smallest(nodes, at: starts[level])
                if rank == Symbol.noMerge { return nil }
                var place = 0
                while true {
                    let block = starts[level] &+ place &* MergeTournament.width
                    var child = 0
                    while nodes[block &+ child] != rank { child &+= 1 }
                    place = place &* MergeTournament.width &+ child
                    if level == 0 { return place }
                    level &-= 1
                }
            }
        }
    }

    /// Sets the ranks of a place, of the one before it that changed with it and of the one behind it that is gone.
    @inline(__always)
    mutating func set(_ place: Int, _ rank: Int32, before: Int, _ rankBefore: Int32, gone: Int) {
        nodes.withUnsafeMutableBufferPointer { nodes in
            starts.withUnsafeBufferPointer { starts in
                nodes[place] = rank
                nodes[gone] = Symbol.noMerge
                if before >= 0 { nodes[before] = rankBefore }
                MergeTournament.refresh(nodes, starts, place)
                if gone >> 4 != place >> 4 { MergeTournament.refresh(nodes, starts, gone) }
                if before >= 0, before >> 4 != place >> 4 { MergeTournament.refresh(nodes, starts, before) }
            }
        }
    }

    /// Brings the nodes above a place up to date.
    @inline(__always)
    private static func refresh(
        _ nodes: UnsafeMutableBufferPointer<Int32>, _ starts: UnsafeBufferPointer<Int>, _ place: Int
    ) {
        var block = place >> 4
        for level in 1..<Swift.max(1, starts.count) {
            let rank = smallest(UnsafeBufferPointer(nodes), at: starts[level &- 1] &+ block &* width)
            let node = starts[level] &+ block
            if nodes[node] == rank { return }
            nodes[node] = rank
            block >>= 4
        }
    }

    @inline(__always)
    private static func smallest(_ nodes: UnsafeBufferPointer<Int32>, at start: Int) -> Int32 {
        var smallest = nodes[start]
        for child in 1..<width {
            let rank = nodes[start &+ child]
            smallest = rank < smallest ? rank : smallest
        }
        return smallest
    }
}
