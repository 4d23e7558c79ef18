import Foundation

/// Memory for activations: large pages where the system has them, which makes strided reading cheaper.
package enum LargeMemory {
    private static let page = 2 << 20

    /// Memory of at least `byteCount` bytes, aligned to 64 or more; to be given back with `deallocate()`.
    package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= 4 * page else { return .allocate(byteCount: byteCount, alignment: 64) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: page)
        #if os(Linux)
            // Advice only: without it, or where it is not taken, pages are small.
            madvise(memory, byteCount / page * page, MADV_HUGEPAGE)
        #endif
        return memory
    }
}
