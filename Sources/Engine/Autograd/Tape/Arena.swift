import Tensors

/// Memory for the values of one step, given out and taken back like a stack.
///
/// It is sized once, by ``reserve(_:)`` or by the first step that needs more; the steps after that allocate nothing.
public final class Arena {
    /// A state to return to: everything given out later is taken back.
    struct Mark {
        fileprivate var block: Int
        fileprivate var used: Int
        fileprivate var total: Int
    }

    private var blocks: [UnsafeMutableBufferPointer<Float>] = []
    /// The block that is being filled, and how much of it is.
    private var block = 0
    private var used = 0
    private var total = 0
    /// The most floats that were given out at once.
    public private(set) var peak = 0

    public init() {}

    deinit { free() }

    /// Floats in all blocks.
    public var capacity: Int { blocks.reduce(0) { $0 + $1.count } }

    /// Makes room for `count` floats in one block; pages are taken from the system as they are first used.
    ///
    /// Nothing may be given out.
    public func reserve(_ count: Int) {
        guard blocks.count > 1 || capacity < count else { return }
        let size = max(count, capacity)
        free()
        grow(size)
    }

    /// Room for `count` floats, aligned to 64 bytes, with arbitrary content, until ``reset()``.
    public func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = max(16, (count + 15) / 16 * 16)
        while block < blocks.count, used + size > blocks[block].count {
            block += 1
            used = 0
        }
        // A step that is larger than what was reserved gets another block; ``reset()`` makes one of them all.
        if block == blocks.count { grow(max(size, 1 << 20)) }
        defer {
            used += size
            total += size
            peak = max(peak, total)
        }
        return blocks[block].baseAddress.unsafelyUnwrapped + used  // blocks are allocated with a base
    }

    var mark: Mark { Mark(block: block, used: used, total: total) }

    /// Takes back what was given out since `mark`.
    func rewind(to mark: Mark) { (block, used, total) = (mark.block, mark.used, mark.total) }

    /// Takes everything back.
    public func reset() {
        (block, used, total) = (0, 0, 0)
        if blocks.count > 1 { reserve(capacity) }
    }

    private func grow(_ count: Int) {
        let memory = LargeMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
        blocks.append(.init(start: memory.bindMemory(to: Float.self, capacity: count), count: count))
    }

    private func free() {
        for block in blocks { UnsafeMutableRawPointer(block.baseAddress)?.deallocate() }
        blocks.removeAll(keepingCapacity: true)
    }
}
