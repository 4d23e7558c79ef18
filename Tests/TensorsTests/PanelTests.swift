import GGUF
import Quantization
import Tensors
import Testing
import TestSupport

/// Products of panels against sums of the operands, rounded or not, in double precision, with all kernels of this CPU.
@Suite(.ownThreads) struct PanelTests {
    static let kernels = InstructionSet.allCases.filter(\.isAvailable).flatMap { set in
        PanelKernels.Operand.allCases.map { PanelKernels(set, $0) }
    }

    /// Rounds to nearest even, as the format asks.
    private func rounded(_ x: Float, _ operand: PanelKernels.Operand) -> Double {
        guard operand == .bfloat16 else { return Double(x) }
        let bits = x.bitPattern
        return Double(Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000))
    }

    /// A matrix of a type, and what it decodes to.
    private func sample(_ type: GGMLType, rows: Int, columns: Int) throws -> (FrozenMatrix, [Float]) {
        var numbers = SampleNumbers(seed: 21)
        let count = rows * columns
        var bytes = [UInt8](repeating: 0, count: type.byteCount(elements: count))
        if Quantizer.isSupported(type) {
            let values = numbers.floats(count)
            try bytes.withUnsafeMutableBytes {
                try Quantizer.quantize(
                    type, from: values, to: #require($0.baseAddress), rows: rows, columns: columns)
            }
        } else {
            // Any bytes are a block; these keep its scales below one, as half floats and as exponents.
            bytes = bytes.map { _ in UInt8(truncatingIfNeeded: Int(numbers.next() * 65_536)) & 0x3B }
        }
        var weights = [Float](repeating: 0, count: count)
        try Dequantizer.dequantize(type, from: bytes, to: &weights, count: count)
        #expect(weights.allSatisfy(\.isFinite) && weights.contains { $0 != 0 })
        return (try OwnedBytes(bytes).matrix(rows: rows, columns: columns, type: type), weights)
    }

    private func expectProducts(
        _ shape: (count: Int, rows: Int, columns: Int), _ type: GGMLType, _ kernels: PanelKernels
    )
        throws
    {
        let (count, rows, columns) = shape
        let (matrix, weights) = try sample(type, rows: rows, columns: columns)
        var numbers = SampleNumbers(seed: 22)
        let x = numbers.floats(count * columns)
        let dy = numbers.floats(count * rows)
        var y = [Float](repeating: .nan, count: count * rows)
        y.withUnsafeMutableBufferPointer { y in
            guard let place = y.baseAddress else { return }
            PanelRows.pack(x, count: count, columns: columns, for: kernels, pool: .shared) { x in
                FrozenMatrix.multiply(x, by: [(matrix, place)], pool: .shared)
            }
        }
        var dx = [Float](repeating: 0.25, count: count * columns)
        dx.withUnsafeMutableBufferPointer { dx in
            guard let place = dx.baseAddress else { return }
            PanelRows.pack(dy, count: count, columns: rows, for: kernels, pool: .shared) { dy in
                matrix.multiplyTransposed(dy, into: place, accumulate: true, pool: .shared)
            }
        }

        let operand = kernels.operand
        var worst = 0.0
        func note(_ found: Float, _ terms: [Double], from start: Double = 0) {
            let sum = terms.reduce(start, +)
            let size = terms.reduce(abs(start)) { $0 + abs($1) }
            let error = abs(Double(found) - sum) / max(size, 1e-30)
            worst = error.isNaN ? .infinity : max(worst, error)
        }
        for i in Set([0, 5, 6, count / 2, count - 1]) where i < count {
            for row in Set([0, 1, 63, 64, rows / 2, rows - 1]) where row < rows {
                note(
                    y[i * rows + row],
                    (0..<columns).map {
                        rounded(x[i * columns + $0], operand) * rounded(weights[row * columns + $0], operand)
                    })
            }
            for column in Set([0, 1, 31, 63, 64, columns / 2, columns - 1]) where column < columns {
                note(
                    dx[i * columns + column],
                    (0..<rows).map {
                        rounded(dy[i * rows + $0], operand) * rounded(weights[$0 * columns + column], operand)
                    }, from: 0.25)
            }
        }
        // A few hundred to thousands of additions in float32, each off by at most 2⁻²⁴ of what has been added up.
        #expect(worst < 2e-6, "\(type.name), \(shape), \(kernels)")
        #expect(!y.contains { $0.isNaN })
    }

    @Test(arguments: Dequantizer.supportedTypes, kernels)
    func everyTypeIsUnpackedToItsRoundedValues(type: GGMLType, kernels: PanelKernels) throws {
        try expectProducts((7, 67, 512), type, kernels)
    }

    @Test(
        arguments: [
            (1, 40, 64), (5, 64, 2), (7, 65, 33), (13, 130, 511), (800, 70, 96), (6, 1100, 32), (11, 5, 4200),
            (9, 4200, 7), (1, 1, 1),
        ], kernels)
    func oddShapes(shape: (Int, Int, Int), kernels: PanelKernels) throws {
        for type in [GGMLType.f32, .f16, .bf16] { try expectProducts(shape, type, kernels) }
    }

    @Test(arguments: [GGMLType.q8_0, .q4_K, .q6_K], kernels)
    func sumsLongerThanAPanel(type: GGMLType, kernels: PanelKernels) throws {
        try expectProducts((3, 70, 4352), type, kernels)
        try expectProducts((3, 4352, 256), type, kernels)
    }

    @Test(arguments: kernels) func resultsDependOnNeitherThreadsNorOtherRows(kernels: PanelKernels) throws {
        let (count, rows, columns) = (900, 300, 256)
        let (matrix, _) = try sample(.q8_0, rows: rows, columns: columns)
        var numbers = SampleNumbers(seed: 3)
        let x = numbers.floats(count * columns)
        let dy = numbers.floats(count * rows)
        func products(threads: Int, rows range: Range<Int>) -> (y: [Float], dx: [Float]) {
            let pool = ThreadPool(threads: threads)
            var y = [Float](repeating: 0, count: range.count * rows)
            y.withUnsafeMutableBufferPointer { y in
                guard let place = y.baseAddress else { return }
                PanelRows.pack(
                    Array(x[range.lowerBound * columns..<range.upperBound * columns]), count: range.count,
                    columns: columns, for: kernels, pool: pool
                ) { FrozenMatrix.multiply($0, by: [(matrix, place)], pool: pool) }
            }
            var dx = [Float](repeating: 0, count: range.count * columns)
            dx.withUnsafeMutableBufferPointer { dx in
                guard let place = dx.baseAddress else { return }
                PanelRows.pack(
                    Array(dy[range.lowerBound * rows..<range.upperBound * rows]), count: range.count, columns: rows,
                    for: kernels, pool: pool
                ) { matrix.multiplyTransposed($0, into: place, accumulate: false, pool: pool) }
            }
            return (y, dx)
        }
        let all = products(threads: 1, rows: 0..<count)
        let shared = products(threads: 3, rows: 0..<count)
        #expect(all.y == shared.y && all.dx == shared.dx)
        let part = products(threads: 2, rows: 100..<119)
        #expect(part.y == Array(all.y[100 * rows..<119 * rows]))
        #expect(part.dx == Array(all.dx[100 * columns..<119 * columns]))
    }

    @Test func matricesThatShareTheirInputGiveWhatTheyGiveAlone() throws {
        let (count, columns) = (50, 256)
        let matrices = try [(GGMLType.q8_0, 70), (.f16, 5), (.q4_K, 130)].map {
            try sample($0.0, rows: $0.1, columns: columns).0
        }
        var numbers = SampleNumbers(seed: 4)
        let x = numbers.floats(count * columns)
        let places = matrices.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: count * $0.rows) }
        defer { for place in places { place.deallocate() } }
        for precision in Precision.allCases {
            FrozenMatrix.multiply(
                x, count: count, by: try zip(matrices, places).map { ($0, try #require($1.baseAddress)) },
                pool: .shared, precision: precision)
            for (matrix, place) in zip(matrices, places) {
                var y = [Float](repeating: 0, count: count * matrix.rows)
                matrix.multiply(x, count: count, into: &y, pool: .shared, precision: precision)
                #expect(y == Array(place))
            }
        }
    }

    @Test(arguments: kernels) func whatIsNotANumberStaysSo(kernels: PanelKernels) throws {
        let matrix = try OwnedBytes([Float](repeating: 1, count: 64 * 32)).matrix(rows: 64, columns: 32, type: .f32)
        for value in [Float.nan, Float(bitPattern: 0x7F80_0001), .infinity] {
            var x = [Float](repeating: 1, count: 32)
            x[3] = value
            var y = [Float](repeating: 0, count: 64)
            y.withUnsafeMutableBufferPointer { y in
                guard let place = y.baseAddress else { return }
                PanelRows.pack(x, count: 1, columns: 32, for: kernels, pool: .shared) { x in
                    FrozenMatrix.multiply(x, by: [(matrix, place)], pool: .shared)
                }
            }
            #expect(y.allSatisfy { value.isNaN ? $0.isNaN : $0 == .infinity })
        }
    }
}
