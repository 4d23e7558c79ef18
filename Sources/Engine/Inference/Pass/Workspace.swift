import Architectures
import Checkpoints

/// The memory of one forward pass, kept for the next one of the same size or smaller.
///
/// Unchecked `Sendable`: a workspace is used by one pass at a time, which takes it out of the engine's list and puts
/// it back when it has finished.
final class Workspace: @unchecked Sendable {
    let rows: Int
    /// The residual stream, `[rows, hidden]`.
    let stream: UnsafeMutablePointer<Float>
    /// What a norm made of it; then what a block made of that, `[rows, hidden]`.
    let normed: UnsafeMutablePointer<Float>
    let blockResult: UnsafeMutablePointer<Float>
    let queries: UnsafeMutablePointer<Float>
    let keys: UnsafeMutablePointer<Float>
    let values: UnsafeMutablePointer<Float>
    let attended: UnsafeMutablePointer<Float>
    let gate: UnsafeMutablePointer<Float>
    let up: UnsafeMutablePointer<Float>
    private let storage: UnsafeMutablePointer<Float>

    init(rows: Int, architecture: DecoderArchitecture) {
        let hidden = architecture.hiddenSize
        let query = architecture.attention.queryWidth, keyValue = architecture.attention.keyValueWidth
        let widths = [
            hidden, hidden, hidden, query, keyValue, keyValue, query, architecture.feedForward.size,
            architecture.feedForward.size,
        ]
        // Each part begins on a cache line of its own.
        let sizes = widths.map { ($0 * rows + 15) / 16 * 16 }
        storage = .allocate(capacity: sizes.reduce(0, +))
        var next = storage
        func take(_ size: Int) -> UnsafeMutablePointer<Float> {
            defer { next += size }
            return next
        }
        self.rows = rows
        stream = take(sizes[0])
        normed = take(sizes[1])
        blockResult = take(sizes[2])
        queries = take(sizes[3])
        keys = take(sizes[4])
        values = take(sizes[5])
        attended = take(sizes[6])
        gate = take(sizes[7])
        up = take(sizes[8])
    }

    deinit { storage.deallocate() }
}
