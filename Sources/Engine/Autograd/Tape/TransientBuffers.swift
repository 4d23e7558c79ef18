import Tensors

/// Memory for what lives only a while during a pass: gradients until they have been passed on, values that are
/// computed again when they are needed again, room to work in.
///
/// Buffers are cut from one region, the smallest gap that fits first, and neighboring gaps are joined; the same
/// sequence of requests gives the same places. The region is sized once; the steps after that allocate nothing.
package final class TransientBuffers {
    package typealias Buffer = UnsafeMutableBufferPointer<Float>

    private var regions: [Buffer] = []
    /// What is free, in the order of addresses.
    private var gaps: [Buffer] = []
    private var inUse = 0
    /// The most floats that were in use at once.
    package private(set) var peak = 0

    package init() {}

    deinit { free() }

    /// Floats in all regions.
    package var capacity: Int { regions.reduce(0) { $0 + $1.count } }

    /// Makes room for `count` floats in one region, unless something is in use.
    package func reserve(_ count: Int) {
        guard inUse == 0, regions.count > 1 || capacity < count else { return }
        let size = max(count, capacity)
        free()
        grow(size)
    }

    /// A buffer of at least `count` floats, aligned to 64 bytes, with arbitrary content.
    package func take(_ count: Int) -> Buffer {
        let size = max(16, (count + 15) / 16 * 16)
        var best: Int?
        for (index, gap) in gaps.enumerated() where gap.count >= size {
            if best.map({ gaps[$0].count > gap.count }) ?? true { best = index }
        }
        let index = best ?? grow(size)
        let gap = gaps[index]
        if gap.count == size {
            gaps.remove(at: index)
        } else {
            gaps[index] = Buffer(rebasing: gap[size...])
        }
        inUse += size
        peak = max(peak, inUse)
        return Buffer(rebasing: gap[..<size])
    }

    /// Takes a buffer back.
    package func put(_ buffer: Buffer) {
        inUse -= buffer.count
        var index = gaps.firstIndex { address($0) > address(buffer) } ?? gaps.count
        gaps.insert(buffer, at: index)
        if index > 0, touches(gaps[index - 1], gaps[index]) {
            join(index - 1)
            index -= 1
        }
        if index + 1 < gaps.count, touches(gaps[index], gaps[index + 1]) { join(index) }
    }

    /// Makes one region of all, if nothing is in use.
    func consolidate() { if regions.count > 1 { reserve(capacity) } }

    /// Adds a region; returns the place of its gap.
    @discardableResult
    private func grow(_ count: Int) -> Int {
        let memory = LargeMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
        let region = Buffer(start: memory.bindMemory(to: Float.self, capacity: count), count: count)
        regions.append(region)
        let index = gaps.firstIndex { address($0) > address(region) } ?? gaps.count
        gaps.insert(region, at: index)
        return index
    }

    private func join(_ index: Int) {
        gaps[index] = Buffer(start: gaps[index].baseAddress, count: gaps[index].count + gaps[index + 1].count)
        gaps.remove(at: index + 1)
    }

    /// Whether one gap ends where the next begins, in the same region.
    private func touches(_ left: Buffer, _ right: Buffer) -> Bool {
        address(left) + UInt(left.count * MemoryLayout<Float>.stride) == address(right)
            && !regions.contains { $0.baseAddress == right.baseAddress }
    }

    private func address(_ buffer: Buffer) -> UInt { UInt(bitPattern: buffer.baseAddress) }

    private func free() {
        for region in regions { UnsafeMutableRawPointer(region.baseAddress)?.deallocate() }
        regions.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
    }
}
