import GGUF
import Tensors
import Testing

@Suite struct FrozenMatrixTests {
    @Test(
        arguments: [(1, 40, 64), (2, 300, 96), (3, 17, 32), (70, 300, 96), (600, 130, 512), (5, 1, 32)], [true, false])
    func productsEqualTheSumInDoublePrecision(shape: (Int, Int, Int), isHalf: Bool) throws {
        let (count, rows, columns) = shape
        var numbers = SampleNumbers(seed: 7)
        let halves = (0..<rows * columns).map { _ in Float16(numbers.next()) }
        let weights = halves.map(Float.init)
        let owner = isHalf ? OwnedBytes(halves) : OwnedBytes(weights)
        let matrix = try owner.matrix(rows: rows, columns: columns, type: isHalf ? .f16 : .f32)
        let x = numbers.floats(count * columns)
        let dy = numbers.floats(count * rows)

        var y = [Float](repeating: .nan, count: count * rows)
        matrix.multiply(x, count: count, into: &y, pool: .shared)
        var dx = [Float](repeating: 0.25, count: count * columns)
        matrix.multiplyTransposed(dy, count: count, into: &dx, pool: .shared, accumulate: true)

        for (i, row) in [(0, 0), (count - 1, rows - 1), (count / 2, rows / 3)] {
            let sum = (0..<columns).reduce(0.0) {
                $0 + Double(x[i * columns + $1]) * Double(weights[row * columns + $1])
            }
            #expect(abs(Double(y[i * rows + row]) - sum) < 2e-5)
        }
        for (i, column) in [(0, 0), (count - 1, columns - 1), (count / 2, columns / 3)] {
            let sum = (0..<rows).reduce(0.25) {
                $0 + Double(dy[i * rows + $1]) * Double(weights[$1 * columns + column])
            }
            #expect(abs(Double(dx[i * columns + column]) - sum) < 5e-5)
        }
        #expect(!y.contains { $0.isNaN })
    }

    @Test func resultsDoNotDependOnTheNumberOfThreads() throws {
        let (count, rows, columns) = (333, 700, 256)
        var numbers = SampleNumbers(seed: 3)
        let owner = OwnedBytes((0..<rows * columns).map { _ in Float16(numbers.next()) })
        let matrix = try owner.matrix(rows: rows, columns: columns, type: .f16)
        let x = numbers.floats(count * columns)
        let dy = numbers.floats(count * rows)
        let results = [1, 2, 3, 7].map { threads -> ([Float], [Float]) in
            let pool = ThreadPool(threads: threads)
            var y = [Float](repeating: 0, count: count * rows)
            matrix.multiply(x, count: count, into: &y, pool: pool)
            var dx = [Float](repeating: 0, count: count * columns)
            matrix.multiplyTransposed(dy, count: count, into: &dx, pool: pool, accumulate: false)
            return (y, dx)
        }
        for result in results.dropFirst() {
            #expect(result.0 == results[0].0)
            #expect(result.1 == results[0].1)
        }
    }

    @Test func rowsAreCopiedAndSlicesBeginWhereTheyShould() throws {
        let owner = OwnedBytes((0..<96).map(Float16.init))
        let matrix = try owner.matrix(rows: 3, columns: 32, type: .f16)
        var row = [Float](repeating: 0, count: 32)
        matrix.copyRow(2, into: &row)
        #expect(row == (64..<96).map(Float.init))
        try matrix.slice(rows: 1..<3).copyRow(0, into: &row)
        #expect(row == (32..<64).map(Float.init))
    }

    @Test func bytesOfTheWrongCountAreRefused() throws {
        let owner = OwnedBytes([Float](repeating: 0, count: 10))
        #expect(throws: TensorError("matrix of 3 × 4 in F32: 40 bytes, expected 48")) {
            _ = try owner.matrix(rows: 3, columns: 4, type: .f32)
        }
    }
}
