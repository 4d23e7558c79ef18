/// A priority queue of merges that wait: the smallest rank first, and of equal ranks the leftmost.
///
/// A heap with four children per node over single integers, so that a comparison is one instruction and a sift-down
/// touches half the cache lines of a binary heap.
struct MergeQueue {
    private var heap: [UInt64] = []

    var isEmpty: Bool { heap.isEmpty }

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    @inline(__always)
    mutating func push(rank: Int32, position: Int32) {
        let key = UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(bitPattern: position))
        heap.append(key)
        var index = heap.count - 1
        heap.withUnsafeMutableBufferPointer { heap in
            while index > 0 {
                let parent = (index &- 1) >> 2
                if heap[parent] <= key { break }
                heap[index] = heap[parent]
                index = parent
            }
            heap[index] = key
        }
    }

    @inline(__always)
    mutating func pop() -> (rank: Int32, position: Int32)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        heap.withUnsafeMutableBufferPointer { heap in
            let count = heap.count
            if count == 0 { return }
            var index = 0
            while true {
                let firstChild = index &* 4 &+ 1
                if firstChild >= count { break }
                var smallest = firstChild
                for child in (firstChild &+ 1)..<Swift.max(firstChild &+ 1, Swift.min(firstChild &+ 4, count))
                where heap[child] < heap[smallest] {
                    smallest = child
                }
                if heap[smallest] >= last { break }
                heap[index] = heap[smallest]
                index = smallest
            }
            heap[index] = last
        }
        return (Int32(truncatingIfNeeded: first >> 32), Int32(truncatingIfNeeded: first))
    }
}
