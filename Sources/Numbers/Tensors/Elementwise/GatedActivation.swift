import CKernels

/// activation(gate) · up, the inside of a gated feed-forward block ("GLU Variants Improve Transformer", Shazeer 2020).
public enum GatedActivation: Sendable {
    case silu
    /// The tanh form of GELU.
    case gelu

    /// y = activation(gate) · up; `y` may be `gate` or `up`.
    public func forward(
        gate: UnsafePointer<Float>, up: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int,
        pool: ThreadPool
    ) {
        pool.run(count, blocksOf: 16384) { range in
            let i = range.lowerBound
            retort_gated(gate + i, up + i, y + i, range.count, self == .gelu ? 1 : 0)
        }
    }

    /// ``forward(gate:up:into:count:pool:)`` on the calling thread: for use inside a task.
    public func forwardOnThread(
        gate: UnsafePointer<Float>, up: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        retort_gated(gate, up, y, count, self == .gelu ? 1 : 0)
    }

    /// Writes dgate and dup, on the calling thread; each may be the memory of `gate`, `up` or `dy`.
    public func backwardOnThread(
        _ dy: UnsafePointer<Float>, gate: UnsafePointer<Float>, up: UnsafePointer<Float>,
        intoGate dgate: UnsafeMutablePointer<Float>, intoUp dup: UnsafeMutablePointer<Float>, count: Int
    ) {
        retort_gated_backward(gate, up, dy, dgate, dup, count, self == .gelu ? 1 : 0)
    }
}
