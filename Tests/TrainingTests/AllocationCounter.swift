import CAllocationCount
import Synchronization
import Tensors

/// Counts what the calling thread and those of a pool allocate, whatever other tests do meanwhile.
struct AllocationCounter {
    static let works = allocation_count_works() != 0

    let pool: ThreadPool

    /// Allocations while `body` runs.
    func count(_ body: () -> Void) -> Int {
        let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        counter.initialize(to: 0)
        defer { counter.deallocate() }
        onEveryThread { allocation_count_begin(counter) }
        body()
        onEveryThread { allocation_count_begin(nil) }
        return counter.pointee
    }

    /// Calls `body` once on each thread: none leaves before all have come.
    private func onEveryThread(_ body: () -> Void) {
        let arrived = Atomic<Int>(0)
        pool.run(pool.threadCount) { _ in
            body()
            arrived.add(1, ordering: .acquiringAndReleasing)
            while arrived.load(ordering: .acquiring) < pool.threadCount {}
        }
    }
}
