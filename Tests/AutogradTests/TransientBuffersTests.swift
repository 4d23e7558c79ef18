import Autograd
import Testing

/// Memory that is given out, taken back and given out again.
@Suite struct TransientBuffersTests {
    @Test(arguments: 0..<8) func buffersNeverOverlapAndOneRegionIsEnough(seed: UInt64) {
        var state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let buffers = TransientBuffers()
        buffers.reserve(64 * 1024)
        var taken: [(buffer: TransientBuffers.Buffer, mark: Float)] = []
        for step in 0..<2000 {
            if taken.count < 8 || (taken.count < 24 && random(2) == 0) {
                let buffer = buffers.take(1 + random(900))
                buffer.update(repeating: Float(step))
                #expect(UInt(bitPattern: buffer.baseAddress) % 64 == 0)
                taken.append((buffer, Float(step)))
            } else {
                let (buffer, mark) = taken.remove(at: random(taken.count))
                #expect(buffer.allSatisfy { $0 == mark })
                buffers.put(buffer)
            }
        }
        for (buffer, mark) in taken {
            #expect(buffer.allSatisfy { $0 == mark })
            buffers.put(buffer)
        }
        #expect(buffers.capacity == 64 * 1024)
        // All gaps have been joined: the whole is there again.
        buffers.put(buffers.take(64 * 1024))
        #expect(buffers.capacity == 64 * 1024)
        #expect(buffers.peak == 64 * 1024)
    }

    @Test func whatDoesNotFitGetsAnotherRegion() {
        let buffers = TransientBuffers()
        buffers.reserve(100)
        let first = buffers.take(100)
        let second = buffers.take(50)
        first.update(repeating: 1)
        second.update(repeating: 2)
        #expect(first.allSatisfy { $0 == 1 })
        #expect(buffers.peak == 112 + 64)
    }

    @Test func anArenaIsSizedOnce() {
        let arena = Arena()
        arena.reserve(1000)
        for _ in 0..<3 {
            _ = arena.allocate(500)
            _ = arena.allocate(480)
            arena.reset()
        }
        #expect(arena.capacity == 1000)
        #expect(arena.peak == 512 + 480)
        // A larger step gets more, and the next one finds it in one piece.
        _ = arena.allocate(600)
        _ = arena.allocate(600)
        let grown = arena.capacity
        arena.reset()
        _ = arena.allocate(grown / 16 * 16)
        #expect(arena.capacity == grown)
    }
}
