/// Sets of the numbers 0 ..< count that only ever merge (union by size, path halving).
struct DisjointSets {
    private var parents: [Int]
    private var sizes: [Int]

    init(count: Int) {
        parents = Array(0..<count)
        sizes = Array(repeating: 1, count: count)
    }

    /// The number that stands for an element's set.
    mutating func representative(_ element: Int) -> Int {
        var element = element
        while parents[element] != element {
            parents[element] = parents[parents[element]]
            element = parents[element]
        }
        return element
    }

    mutating func merge(_ left: Int, _ right: Int) {
        var (large, small) = (representative(left), representative(right))
        if large == small { return }
        if sizes[large] < sizes[small] { swap(&large, &small) }
        parents[small] = large
        sizes[large] += sizes[small]
    }
}
