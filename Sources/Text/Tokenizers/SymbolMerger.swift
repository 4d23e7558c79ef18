/// A run of text that is one symbol so far.
struct Symbol {
    /// Where it begins, in bytes, and how long it is.
    var start: Int32
    var length: Int32
    /// What it is, in its tokenizer's numbering; negative when it has no number.
    var id: Int32
    /// The rank of the merge with the symbol to the right and what it gives; ``noMerge`` when there is none.
    var rank: Int32 = Symbol.noMerge
    var product: Int32 = -1

    static let noMerge = Int32.max
}

/// Which two neighboring symbols merge: how early (a smaller rank is earlier), and into what.
protocol MergeRules {
    func merge(_ left: Symbol, _ right: Symbol) -> (rank: Int32, product: Int32)?
}

/// Merges neighboring symbols, always the pair of smallest rank and of those the leftmost, until none is left.
///
/// Both kinds of tokenizer are this with other rules. Short words are merged in place by looking for the smallest rank,
/// longer ones with a tree of ranks and linked symbols, and very long ones window by window.
///
/// A window is exact, not an approximation. Merges that do not touch each other do not care in which order they happen,
/// so that a run of symbols evolves as if it were alone until a merge crosses its border. It follows that a sequence is
/// what merging gives if and only if that is so for every two neighbors in it alone. Therefore, when the end of what is
/// merged so far and the next stretch of text, merged together, begin with a symbol that was there before, what came
/// before that symbol and what comes behind it fit together.
struct SymbolMerger {
    /// The symbols of the word that was merged last.
    private(set) var symbols: [Symbol] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var tournament = MergeTournament()

    /// Up to this many symbols, looking at all of them is faster than keeping a tree.
    private static let longestScan = 48
    /// How many symbols a window adds, and with how many symbols of what is merged already it begins; if they do not
    /// fit, twice as many are tried, up to a limit.
    private static let windowLength = 512
    private static let overlap = 4
    private static let longestOverlap = 1 << 12

    /// Merges a word.
    ///
    /// - Parameter symbol: makes the word's symbols from their places, 0 to `count - 1`. A very long word is made window by
    ///   window: to hold its symbols at once would take longer than to merge them.
    @inline(__always)
    mutating func merge(count: Int, _ rules: some MergeRules, symbol: (Int) -> Symbol) {
        if count <= SymbolMerger.windowLength || !mergeByWindows(count, rules, symbol) {
            fill(0..<count, symbol)
            mergeAtOnce(rules)
        }
    }

    @inline(__always)
    private mutating func fill(_ range: Range<Int>, _ symbol: (Int) -> Symbol) {
        symbols.removeAll(keepingCapacity: true)
        for place in range { symbols.append(symbol(place)) }
    }

    private mutating func mergeAtOnce(_ rules: some MergeRules) {
        let count = symbols.count
        if count < 2 { return }
        symbols.withUnsafeMutableBufferPointer { symbols in
            for index in 0..<(count &- 1) {
                SymbolMerger.setMerge(&symbols[index], with: symbols[index &+ 1], rules)
            }
        }
        if count <= SymbolMerger.longestScan { mergeByScanning(rules) } else { mergeByTournament(rules) }
    }

    /// Returns false when the windows do not fit together; the symbols are of no use then.
    private mutating func mergeByWindows(
        _ count: Int, _ rules: some MergeRules, _ symbol: (Int) -> Symbol
    ) -> Bool {
        var merged: [Symbol] = []
        // For each merged symbol, the first of the word's symbols in it.
        var origins: [Int32] = []
        var position = 0
        while position < count {
            let end = Swift.min(position + SymbolMerger.windowLength, count)
            var overlap = SymbolMerger.overlap
            while true {
                let kept = Swift.max(0, merged.count - overlap)
                var origin = kept < merged.count ? Int(origins[kept]) : position
                fill(origin..<end, symbol)
                mergeAtOnce(rules)
                if let (old, new) = SymbolMerger.meeting(merged[kept...], symbols) {
                    origin = old < merged.count ? Int(origins[old]) : origin
                    merged.removeLast(merged.count - old)
                    origins.removeLast(origins.count - old)
                    for found in symbols[new...] {
                        merged.append(found)
                        origins.append(Int32(truncatingIfNeeded: origin))
                        let foundEnd = found.start + found.length
                        while origin < count, symbol(origin).start < foundEnd { origin += 1 }
                    }
                    break
                }
                if overlap > SymbolMerger.longestOverlap { return false }
                overlap *= 2
            }
            position = end
        }
        symbols = merged
        return true
    }

    /// Where two sequences that begin at the same place have the first symbol in common, or nil; where there is
    /// nothing old, everything new is taken.
    private static func meeting(_ old: ArraySlice<Symbol>, _ new: [Symbol]) -> (old: Int, new: Int)? {
        var oldIndex = old.startIndex
        var newIndex = 0
        if old.isEmpty || oldIndex == 0 { return (oldIndex, 0) }
        while oldIndex < old.endIndex, newIndex < new.count {
            if old[oldIndex].start == new[newIndex].start {
                if old[oldIndex].length == new[newIndex].length { return (oldIndex, newIndex) }
                oldIndex += 1
                newIndex += 1
            } else if old[oldIndex].start < new[newIndex].start {
                oldIndex += 1
            } else {
                newIndex += 1
            }
        }
        return nil
    }

    @inline(__always)
    private static func setMerge(_ left: inout Symbol, with right: Symbol, _ rules: some MergeRules) {
        if let (rank, product) = rules.merge(left, right) {
            left.rank = rank
            left.product = product
        } else {
            left.rank = Symbol.noMerge
        }
    }

    private mutating func mergeByScanning(_ rules: some MergeRules) {
        var count = symbols.count
        symbols.withUnsafeMutableBufferPointer { symbols in
            while true {
                var best = 0
                var bestRank = Symbol.noMerge
                for index in 0..<(count &- 1) where symbols[index].rank < bestRank {
                    best = index
                    bestRank = symbols[index].rank
                }
                if bestRank == Symbol.noMerge { break }
                symbols[best].id = symbols[best].product
                symbols[best].length &+= symbols[best &+ 1].length
                count &-= 1
                for index in (best &+ 1)..<Swift.max(count, best &+ 1) { symbols[index] = symbols[index &+ 1] }
                if best > 0 { SymbolMerger.setMerge(&symbols[best &- 1], with: symbols[best], rules) }
                if best &+ 1 < count {
                    SymbolMerger.setMerge(&symbols[best], with: symbols[best &+ 1], rules)
                } else {
                    symbols[best].rank = Symbol.noMerge
                }
            }
        }
        symbols.removeLast(symbols.count - count)
    }

    /// A merged symbol lies where its left part lay; its right part's length becomes 0.
    private mutating func mergeByTournament(_ rules: some MergeRules) {
        let count = Int32(symbols.count)
        next = Array(1...count)
        next[Int(count) - 1] = -1
        previous = Array(-1..<(count - 1))
        symbols[Int(count) - 1].rank = Symbol.noMerge
        symbols.withUnsafeMutableBufferPointer { symbols in
            tournament.fill(symbols)
            next.withUnsafeMutableBufferPointer { next in
                previous.withUnsafeMutableBufferPointer { previous in
                    while let left = tournament.first() {
                        let right = Int(next[left])
                        symbols[left].id = symbols[left].product
                        symbols[left].length &+= symbols[right].length
                        symbols[right].length = 0
                        let following = next[right]
                        next[left] = following
                        if following >= 0 {
                            previous[Int(following)] = Int32(truncatingIfNeeded: left)
                            SymbolMerger.setMerge(&symbols[left], with: symbols[Int(following)], rules)
                        } else {
                            symbols[left].rank = Symbol.noMerge
                        }
                        let before = Int(previous[left])
                        if before >= 0 { SymbolMerger.setMerge(&symbols[before], with: symbols[left], rules) }
                        tournament.set(
                            left, symbols[left].rank, before: before,
                            before >= 0 ? symbols[before].rank : Symbol.noMerge, gone: right)
                    }
                }
            }
        }
        symbols.removeAll { $0.length == 0 }
    }
}
