import CKernels
import Foundation

/// Rotary position embedding (Su et al. 2021): cosines and sines of every position, and the rotation itself.
public struct RotaryTable: Sendable {
    /// Which two numbers of a head form a pair.
    public enum Pairing: Sendable {
        /// (2i, 2i + 1): ggml's "norm", what converted llama weights expect.
        case adjacent
        /// (i, i + rotated / 2): ggml's "neox".
        case halves
    }

    public let positions: Int
    /// How many numbers of each head are rotated; the rest pass.
    public let rotated: Int
    public let pairing: Pairing
    private let cosines: [Float]
    private let sines: [Float]

    /// - Parameters:
    ///   - positions: the table holds positions 0 ..< `positions`.
    ///   - frequencies: `rotated / 2` numbers; the angle of pair i at position p is p · frequencies[i].
    ///   - magnitude: what cosines and sines are multiplied by (the attention factor of long rope and YaRN).
    public init(positions: Int, rotated: Int, pairing: Pairing, frequencies: [Float], magnitude: Float = 1) {
        let half = rotated / 2
        var cosines = [Float](repeating: 0, count: positions * half)
        var sines = cosines
        for position in 0..<positions {
            for i in 0..<half {
                let angle = Double(position) * Double(frequencies[i])
                cosines[position * half + i] = Float(cos(angle)) * magnitude
                sines[position * half + i] = Float(sin(angle)) * magnitude
            }
        }
        self.positions = positions
        self.rotated = rotated
        self.pairing = pairing
        self.cosines = cosines
        self.sines = sines
    }

    /// Rotates every head of x[rows, heads, headSize] in place, row r by `tokenPositions[r]`.
    ///
    /// Positions must lie in the table. `isInverse` rotates back, which is the gradient of the rotation.
    public func rotate(
        _ x: UnsafeMutablePointer<Float>, rows: Int, stride: Int? = nil, heads: Int, headSize: Int,
        tokenPositions: UnsafePointer<Int32>, isInverse: Bool = false, pool: ThreadPool
    ) {
        let stride = stride ?? heads * headSize
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                pool.run(rows, blocksOf: RootMeanSquareNorm.rowBlock(heads * headSize)) { range in
                    retort_rope(
                        x + range.lowerBound * stride, range.count, stride, heads, headSize, rotated,
                        tokenPositions + range.lowerBound, cosines.baseAddress, sines.baseAddress,
                        pairing == .adjacent ? 1 : 0, isInverse ? -1 : 1)
                }
            }
        }
    }
}
