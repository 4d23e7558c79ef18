/// Memory for the values of one step, given out from the front and taken back all at once.
///
/// Blocks are kept, so that the steps after the largest one allocate nothing.
public final class Arena {
    private var blocks: [UnsafeMutableBufferPointer<Float>] = []
    /// The block that is being filled, and how much of it is.
    private var block = 0
    private var used = 0
    private let blockCount: Int

    /// - Parameter blockCount: floats in a block; larger requests get a block of their own.
    public init(blockCount: Int = 4 << 20) { self.blockCount = blockCount }

    deinit { for block in blocks { UnsafeMutableRawPointer(block.baseAddress)?.deallocate() } }

    /// Floats in all blocks.
    public var capacity: Int { blocks.reduce(0) { $0 + $1.count } }

    /// Room for `count` floats, aligned to 64 bytes, with arbitrary content, until ``reset()``.
    public func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = max(16, (count + 15) / 16 * 16)
        while block < blocks.count, used + size > blocks[block].count {
            block += 1
            used = 0
        }
        if block == blocks.count {
            let capacity = max(size, blockCount)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
            blocks.append(.init(start: memory.bindMemory(to: Float.self, capacity: capacity), count: capacity))
        }
        defer { used += size }
        return blocks[block].baseAddress.unsafelyUnwrapped + used  // blocks are allocated with a base
    }

    /// Takes everything back.
    public func reset() {
        block = 0
        used = 0
    }
}
