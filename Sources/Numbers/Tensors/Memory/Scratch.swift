import Foundation

/// Working memory that a thread keeps and reuses, so that a kernel called a million times allocates once.
package enum Scratch {
    /// Calls `body` with room for `count` floats, aligned to 64 bytes, with arbitrary content. Calls nest.
    package static func withFloats<Result>(
        _ count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Result
    ) rethrows -> Result {
        let stack = ofThread
        let pointer = stack.push(count)
        defer { stack.pop() }
        return try body(pointer)
    }

    /// Calls `body` with `stack` in the place of the calling thread's memory.
    static func withStack(_ stack: ScratchStack, _ body: () -> Void) {
        let own = pthread_getspecific(key)
        pthread_setspecific(key, Unmanaged.passUnretained(stack).toOpaque())
        defer { pthread_setspecific(key, own) }
        body()
    }

    /// Ends with its thread: the key's destructor releases it.
    private static var ofThread: ScratchStack {
        if let known = pthread_getspecific(key) {
            return Unmanaged<ScratchStack>.fromOpaque(known).takeUnretainedValue()
        }
        let stack = ScratchStack()
        pthread_setspecific(key, Unmanaged.passRetained(stack).toOpaque())
        return stack
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { stack in
            if let stack { Unmanaged<ScratchStack>.fromOpaque(stack).release() }
        }
        return key
    }()
}

/// One buffer per depth of nesting, each as large as the largest that was asked for.
final class ScratchStack {
    private var buffers: [UnsafeMutableRawBufferPointer] = []
    private var depth = 0
    private var hasGrown = false

    /// Gives each the room that any of them has, so that it does not matter which thread takes which task.
    static func equalize(_ stacks: [ScratchStack]) {
        guard stacks.contains(where: { $0.hasGrown }) else { return }
        for depth in 0..<stacks.reduce(0, { max($0, $1.buffers.count) }) {
            let size = stacks.reduce(0) { max($0, $1.buffers.count > depth ? $1.buffers[depth].count : 0) }
            for stack in stacks { stack.reserve(size, at: depth) }
        }
        for stack in stacks { stack.hasGrown = false }
    }

    func push(_ count: Int) -> UnsafeMutablePointer<Float> {
        reserve(max(64, count * MemoryLayout<Float>.stride), at: depth)
        depth += 1
        // The buffer has a size of at least one float.
        return buffers[depth - 1].bindMemory(to: Float.self).baseAddress.unsafelyUnwrapped
    }

    func pop() { depth -= 1 }

    private func reserve(_ size: Int, at depth: Int) {
        if depth == buffers.count { buffers.append(UnsafeMutableRawBufferPointer(start: nil, count: 0)) }
        guard buffers[depth].count < size else { return }
        buffers[depth].deallocate()
        buffers[depth] = .allocate(byteCount: size, alignment: 64)
        hasGrown = true
    }

    deinit { for buffer in buffers { buffer.deallocate() } }
}
