/// Buffers for gradients, each used again as soon as its gradient has been passed on.
final class GradientBuffers {
    private var free: [UnsafeMutableBufferPointer<Float>] = []
    private var all: [UnsafeMutableBufferPointer<Float>] = []

    deinit { for buffer in all { UnsafeMutableRawPointer(buffer.baseAddress)?.deallocate() } }

    /// Floats in all buffers.
    var capacity: Int { all.reduce(0) { $0 + $1.count } }

    /// The smallest free buffer that holds `count` floats.
    func take(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
        var best: Int?
        for (index, buffer) in free.enumerated() where buffer.count >= count {
            if best.map({ free[$0].count > buffer.count }) ?? true { best = index }
        }
        if let best { return free.remove(at: best) }
        let capacity = max(16, count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
        let buffer = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Float.self, capacity: capacity), count: capacity)
        all.append(buffer)
        return buffer
    }

    func put(_ buffer: UnsafeMutableBufferPointer<Float>) { free.append(buffer) }
}
