import Foundation
import Quantization
import Tensors
import Testing

/// The products of attention and low-rank updates against the plain sums.
@Suite struct RowProductTests {
    /// Sizes below, at and above every tile of rows, columns and sums.
    static let sizes = [
        (1, 1, 1), (3, 17, 5), (6, 64, 128), (7, 80, 129), (13, 33, 64), (20, 20, 64), (64, 130, 300), (16, 16, 257),
    ]

    @Test(arguments: sizes) func productsEqualThePlainSums(m: Int, n: Int, k: Int) {
        var numbers = SampleNumbers(seed: 21)
        let (aStride, bStride, cStride) = (k + 3, n + 5, n + 2)
        let a = numbers.floats(m * aStride)
        let turned = numbers.floats(k * (m + 1))
        let b = numbers.floats(k * bStride)
        let c = numbers.floats(m * cStride)
        for (isTurned, keeps) in [(false, false), (false, true), (true, true)] {
            var result = c
            RowProduct.multiply(
                m, n, k, isTurned ? .transposed(turned, m + 1) : .plain(a, aStride), b, bStride, into: &result,
                stride: cStride, scale: 0.5, keeps: keeps)
            var expected = c
            for i in 0..<m {
                for j in 0..<n {
                    var sum = keeps ? Double(c[i * cStride + j]) : 0
                    for p in 0..<k {
                        let left = isTurned ? turned[p * (m + 1) + i] : a[i * aStride + p]
                        sum += 0.5 * Double(left) * Double(b[p * bStride + j])
                    }
                    expected[i * cStride + j] = Float(sum)
                }
            }
            // What lies between the rows of c must stay.
            #expect(distance(result, expected) < 2e-5, "turned \(isTurned), keeps \(keeps)")
        }
    }

    @Test(arguments: [(1, 1), (16, 16), (20, 64), (33, 7)]) func transpositionMovesEveryNumber(rows: Int, columns: Int)
    {
        var numbers = SampleNumbers(seed: 22)
        let x = numbers.floats(rows * (columns + 2))
        var y = [Float](repeating: 0, count: columns * (rows + 1))
        RowProduct.transpose(x, rows: rows, columns: columns, stride: columns + 2, into: &y, stride: rows + 1)
        for row in 0..<rows {
            for column in 0..<columns { #expect(y[column * (rows + 1) + row] == x[row * (columns + 2) + column]) }
        }
        #expect((0..<columns).allSatisfy { y[$0 * (rows + 1) + rows] == 0 })
    }

    /// bfloat16 keeps eight bits: a relative error of 2⁻⁹ for each factor.
    @Test(
        .enabled(if: InstructionSet.chosen == .avx512bf16, "the CPU, or RETORT_KERNELS, has no bfloat16 products"),
        arguments: TreeAttentionTests.shapes)
    func attentionInBrainFloatIsNearThatInFloat(shape: AttentionShape) {
        let tree = TreeAttentionTests.tree
        let count = tree.tokenCount
        var numbers = SampleNumbers(seed: 23)
        let q = numbers.floats(count * shape.queryStride)
        let k = numbers.floats(count * shape.keyStride)
        let v = numbers.floats(count * shape.keyStride)
        let dOutput = numbers.floats(count * shape.outputStride)
        let attention = TreeAttention(shape: shape, TreeBlocks(tree))
        func pass(_ precision: Precision) -> [[Float]] {
            var output = [Float](repeating: 0, count: count * shape.outputStride)
            var logSums = [Float](repeating: 0, count: shape.heads * count)
            var (dq, dk, dv) = (q.map { _ in Float(0) }, k.map { _ in Float(0) }, v.map { _ in Float(0) })
            var work = [Float](repeating: .nan, count: attention.backwardWorkCount)
            attention.forward(
                q: q, k: k, v: v, into: &output, logSums: &logSums, pool: .shared, precision: precision)
            attention.backward(
                dOutput, q: q, k: k, v: v, output: output, logSums: logSums, intoQ: &dq, intoK: &dk, intoV: &dv,
                work: &work, pool: .shared, precision: precision)
            return [output, dq, dk, dv]
        }
        for (float, paired) in zip(pass(.fp32), pass(.bf16)) {
            let size = float.map(abs).max() ?? 0
            #expect(distance(float, paired) < 0.02 * size)
            #expect(float != paired)
        }
    }
}
