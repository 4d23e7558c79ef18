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
private final class ScratchStack {
    private var buffers: [UnsafeMutableRawBufferPointer] = []
    private var depth = 0

    func push(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = max(64, count * MemoryLayout<Float>.stride)
        if depth == buffers.count { buffers.append(.allocate(byteCount: size, alignment: 64)) }
        if buffers[depth].count < size {
            buffers[depth].deallocate()
            buffers[depth] = .allocate(byteCount: size, alignment: 64)
        }
        depth += 1
        // The buffer was allocated above with a size of at least one float.
        return buffers[depth - 1].bindMemory(to: Float.self).baseAddress.unsafelyUnwrapped
    }

    func pop() { depth -= 1 }

    deinit { for buffer in buffers { buffer.deallocate() } }
}
