/// Which texts are nearly the same: Jaccard similarity over the sets of their character shingles.
///
/// The search is exact, not probabilistic. Two sets with similarity t or more share one of the first
/// |x| − ⌈t·|x|⌉ + 1 members of each, in any common order; with the rarest shingles first those prefixes meet
/// seldom (Bayardo, Ma, Srikant, "Scaling Up All Pairs Similarity Search", 2007). So a group's boundary can be proved,
/// which signatures such as MinHash cannot do.
package struct NearDuplicates: Sendable {
    /// The ranks of every text's shingles, the rarest first, one text after another.
    private let ranks: [Int32]
    /// Where each text's ranks begin; one more entry than texts.
    private let starts: [Int]
    private let rankCount: Int

    package init(_ texts: [String]) { self.init(texts.map(ComparableText.init)) }

    init(_ texts: [ComparableText]) {
        let hashes = texts.map(\.shingles)
        var frequencies: [UInt64: Int] = [:]
        for set in hashes { for hash in set { frequencies[hash, default: 0] += 1 } }
        let ordered = frequencies.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        var ranks: [UInt64: Int32] = Dictionary(minimumCapacity: ordered.count)
        for (rank, entry) in ordered.enumerated() { ranks[entry.key] = Int32(rank) }
        var flat: [Int32] = []
        var starts = [0]
        for set in hashes {
            flat += set.compactMap { ranks[$0] }.sorted()
            starts.append(flat.count)
        }
        self.ranks = flat
        self.starts = starts
        rankCount = ordered.count
    }

    private var texts: Range<Int> { 0..<starts.count - 1 }
    private func size(_ text: Int) -> Int { starts[text + 1] - starts[text] }
    private func set(_ text: Int) -> ArraySlice<Int32> { ranks[starts[text]..<starts[text + 1]] }

    /// Jaccard's similarity of two texts, 0 to 1.
    package func similarity(_ left: Int, _ right: Int) -> Double { similarity(left, right, atLeast: 0) ?? 0 }

    /// The similarity, or nil as soon as it is certain to be below a threshold.
    private func similarity(_ left: Int, _ right: Int, atLeast threshold: Double) -> Double? {
        let sizes = size(left) + size(right)
        let needed = Int((threshold / (1 + threshold) * Double(sizes) - 1e-9).rounded(.up))
        let shared = ranks.withUnsafeBufferPointer { ranks in
            var (i, j, shared) = (starts[left], starts[right], 0)
            let (leftEnd, rightEnd) = (starts[left + 1], starts[right + 1])
            while i < leftEnd, j < rightEnd {
                let (a, b) = (ranks[i], ranks[j])
                if a == b { shared += 1 } else if shared + min(leftEnd - i, rightEnd - j) < needed { return -1 }
                i += a <= b ? 1 : 0
                j += b <= a ? 1 : 0
            }
            return shared
        }
        guard shared >= 0 else { return nil }
        let similarity = Double(shared) / Double(sizes - shared)
        return similarity >= threshold ? similarity : nil
    }

    /// For each text the number of its group: texts at least this similar are in one, and so are those that a chain
    /// of such pairs connects. A group's number is that of its first text.
    package func groups(similarity threshold: Double) -> [Int] {
        var union = DisjointSets(count: texts.count)
        var firstWithSet: [ArraySlice<Int32>: Int] = [:]
        var distinct: [Int] = []
        for text in texts {
            if let first = firstWithSet[set(text)] {
                union.merge(first, text)
            } else {
                firstWithSet[set(text)] = text
                distinct.append(text)
            }
        }
        var index = Index(rankCount: rankCount, count: texts.count)
        for text in bySize(distinct) {
            let prefix = prefix(of: text, threshold)
            index.candidates(prefix, of: text, sizes: sizes(text, threshold), size) { other in
                if union.representative(other) != union.representative(text),
                    similarity(other, text, atLeast: threshold) != nil
                {
                    union.merge(other, text)
                }
            }
            index.add(text, prefix)
        }
        var firsts: [Int: Int] = [:]
        return texts.map { text in
            let representative = union.representative(text)
            if firsts[representative] == nil { firsts[representative] = text }
            return firsts[representative] ?? text
        }
    }

    /// The largest similarity between a text of one list and a text of the other; nil when it is below `floor`.
    package func maximumSimilarity(between left: [Int], and right: [Int], floor: Double) -> Double? {
        // A high threshold makes short prefixes; lower ones are needed only if nothing was found above.
        for threshold in [0.9, 0.8, 0.7, 0.6, 0.5] where threshold > floor {
            if let found = maximum(left, right, threshold) { return found }
        }
        return maximum(left, right, floor)
    }

    private func maximum(_ left: [Int], _ right: [Int], _ threshold: Double) -> Double? {
        var index = Index(rankCount: rankCount, count: texts.count)
        for text in bySize(right) { index.add(text, prefix(of: text, threshold)) }
        var best: Double?
        for text in bySize(left) {
            index.candidates(prefix(of: text, threshold), of: text, sizes: sizes(text, threshold), size) { other in
                if let found = similarity(text, other, atLeast: max(threshold, best ?? 0)) { best = found }
            }
        }
        return best
    }

    private func bySize(_ texts: [Int]) -> [Int] { texts.sorted { (size($0), $0) < (size($1), $1) } }

    /// The size that a set similar enough to this text's has at least.
    private func least(_ text: Int, _ threshold: Double) -> Int {
        // What floating point adds must not exclude anything.
        max(1, Int((threshold * Double(size(text)) - 1e-9).rounded(.up)))
    }

    /// The sizes of the sets that can be similar enough to this text's.
    private func sizes(_ text: Int, _ threshold: Double) -> ClosedRange<Int> {
        let least = least(text, threshold)
        return least...max(least, Int((Double(size(text)) / threshold + 1e-9).rounded(.down)))
    }

    private func prefix(of text: Int, _ threshold: Double) -> ArraySlice<Int32> {
        set(text).prefix(size(text) - least(text, threshold) + 1)
    }

    /// Which of the texts added so far have a shingle in their prefix. Texts are added and asked for by growing size,
    /// so that those too small for one are too small for all that follow.
    private struct Index {
        private var postings: [[Int32]]
        private var starts: [Int32]
        private var askedBy: [Int32]

        init(rankCount: Int, count: Int) {
            postings = Array(repeating: [], count: rankCount)
            starts = Array(repeating: 0, count: rankCount)
            askedBy = Array(repeating: -1, count: count)
        }

        mutating func add(_ text: Int, _ prefix: ArraySlice<Int32>) {
            for rank in prefix { postings[Int(rank)].append(Int32(text)) }
        }

        mutating func candidates(
            _ prefix: ArraySlice<Int32>, of text: Int, sizes: ClosedRange<Int>, _ size: (Int) -> Int,
            _ body: (Int) -> Void
        ) {
            for rank in prefix {
                let rank = Int(rank)
                var start = Int(starts[rank])
                while start < postings[rank].count, size(Int(postings[rank][start])) < sizes.lowerBound { start += 1 }
                starts[rank] = Int32(start)
                for position in start..<postings[rank].count {
                    let candidate = Int(postings[rank][position])
                    if askedBy[candidate] == Int32(text) { continue }
                    if size(candidate) > sizes.upperBound { break }
                    askedBy[candidate] = Int32(text)
                    body(candidate)
                }
            }
        }
    }
}
