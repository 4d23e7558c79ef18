/// Which texts are nearly the same: Jaccard similarity over the sets of their character shingles.
///
/// The search is exact, not probabilistic. Two sets with similarity t or more share one of the first
/// |x| − ⌈t·|x|⌉ + 1 members of each, in any common order; with the rarest shingles first those prefixes meet
/// seldom (Bayardo, Ma, Srikant, "Scaling Up All Pairs Similarity Search", 2007). So a group's boundary can be proved,
/// which signatures such as MinHash cannot do.
package struct NearDuplicates: Sendable {
    /// Per text, the ranks of its shingles, the rarest first.
    private let sets: [[Int32]]
    private let rankCount: Int

    package init(_ texts: [String]) { self.init(texts.map(ComparableText.init)) }

    init(_ texts: [ComparableText]) {
        let hashes = texts.map(\.shingles)
        var frequencies: [UInt64: Int] = [:]
        for set in hashes { for hash in set { frequencies[hash, default: 0] += 1 } }
        let ordered = frequencies.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        var ranks: [UInt64: Int32] = Dictionary(minimumCapacity: ordered.count)
        for (rank, entry) in ordered.enumerated() { ranks[entry.key] = Int32(rank) }
        sets = hashes.map { set in set.compactMap { ranks[$0] }.sorted() }
        rankCount = ordered.count
    }

    /// Jaccard's similarity of two texts, 0 to 1.
    package func similarity(_ left: Int, _ right: Int) -> Double {
        let (left, right) = (sets[left], sets[right])
        var (i, j, shared) = (0, 0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                shared += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return Double(shared) / Double(left.count + right.count - shared)
    }

    /// For each text the number of its group: texts at least this similar are in one, and so are those that a chain
    /// of such pairs connects. A group's number is that of its first text.
    package func groups(similarity threshold: Double) -> [Int] {
        var union = DisjointSets(count: sets.count)
        var firstWithSet: [[Int32]: Int] = [:]
        var distinct: [Int] = []
        for (text, set) in sets.enumerated() {
            if let first = firstWithSet[set] {
                union.merge(first, text)
            } else {
                firstWithSet[set] = text
                distinct.append(text)
            }
        }
        var index = Index(rankCount: rankCount, count: sets.count)
        distinct.sort { (sets[$0].count, $0) < (sets[$1].count, $1) }
        for text in distinct {
            let prefix = prefix(of: text, threshold)
            index.candidates(prefix, of: text, atLeast: Int((threshold * Double(sets[text].count)).rounded(.up)), sets)
            {
                if union.representative($0) != union.representative(text), similarity($0, text) >= threshold {
                    union.merge($0, text)
                }
            }
            index.add(text, prefix)
        }
        var firsts: [Int: Int] = [:]
        return sets.indices.map { text in
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
        var index = Index(rankCount: rankCount, count: sets.count)
        for text in right.sorted(by: { (sets[$0].count, $0) < (sets[$1].count, $1) }) {
            index.add(text, prefix(of: text, threshold))
        }
        var best: Double?
        for text in left.sorted(by: { (sets[$0].count, $0) < (sets[$1].count, $1) }) {
            let least = Int((threshold * Double(sets[text].count)).rounded(.up))
            index.candidates(prefix(of: text, threshold), of: text, atLeast: least, sets) { other in
                let found = similarity(text, other)
                if found >= threshold, found > best ?? 0 { best = found }
            }
        }
        return best
    }

    private func prefix(of text: Int, _ threshold: Double) -> ArraySlice<Int32> {
        let set = sets[text]
        // What floating point adds must not shorten the prefix.
        let needed = Int((threshold * Double(set.count) - 1e-9).rounded(.up))
        return set.prefix(set.count - max(1, needed) + 1)
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
            _ prefix: ArraySlice<Int32>, of text: Int, atLeast size: Int, _ sets: [[Int32]], _ body: (Int) -> Void
        ) {
            for rank in prefix {
                let rank = Int(rank)
                var start = Int(starts[rank])
                while start < postings[rank].count, sets[Int(postings[rank][start])].count < size { start += 1 }
                starts[rank] = Int32(start)
                for position in start..<postings[rank].count {
                    let candidate = Int(postings[rank][position])
                    if askedBy[candidate] == Int32(text) { continue }
                    askedBy[candidate] = Int32(text)
                    body(candidate)
                }
            }
        }
    }
}
