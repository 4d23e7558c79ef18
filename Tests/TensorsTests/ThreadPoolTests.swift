import Synchronization
import Tensors
import Testing

@Suite struct ThreadPoolTests {
    @Test(arguments: [1, 2, 5])
    func everyTaskRunsOnce(threads: Int) {
        let pool = ThreadPool(threads: threads)
        for count in [0, 1, 2, 3, 100, 1000] {
            var seen = [Int](repeating: 0, count: count)
            seen.withUnsafeMutableBufferPointer { seen in pool.run(count) { seen[$0] += 1 } }
            #expect(seen == [Int](repeating: 1, count: count))
        }
    }

    @Test func loopsInsideTasksAndFromManyThreadsFinish() async {
        let pool = ThreadPool(threads: 3)
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let sum = Mutex(0)
                    for _ in 0..<50 {
                        pool.run(7) { outer in
                            pool.run(5) { inner in sum.withLock { $0 += outer * 5 + inner } }
                        }
                    }
                    return sum.withLock { $0 }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(total == 8 * 50 * (34 * 35 / 2))
    }
}
