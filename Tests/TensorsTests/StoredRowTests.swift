import GGUF
import Quantization
import Tensors
import Testing

/// Products of a stored row with a few vectors, which are decoded in registers, against those of the decoded row.
struct StoredRowTests {
    static let types: [GGMLType] = [.f32, .f16, .bf16, .q4_0, .q8_0, .q4_K, .q6_K, .q5_K, .q4_1]

    final class Bytes: Sendable {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    @Test(arguments: types, [1, 2, 3, 4, 5])
    func aFewVectorsTimesStoredRows(_ type: GGMLType, _ count: Int) throws {
        let rows = 37, columns = 512
        var state: UInt64 = 7
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 23) - 1
        }
        let source = (0..<rows * columns).map { _ in next() }
        let x = (0..<count * columns).map { _ in next() }
        let info = try GGUFTensorInfo(name: "w", type: type, dimensions: [columns, rows])
        var bytes = [UInt8](repeating: 0, count: info.byteCount)
        try bytes.withUnsafeMutableBytes { target in
            try source.withUnsafeBufferPointer { source in
                if type == .f32 {
                    target.copyMemory(from: UnsafeRawBufferPointer(source))
                } else if let from = source.baseAddress, let to = target.baseAddress {
                    try Quantizer.quantize(type, from: from, to: to, rows: rows, columns: columns, importance: nil)
                }
            }
        }
        let owner = Bytes(bytes)
        try owner.bytes.withUnsafeBytes { bytes in
            let matrix = try FrozenMatrix(rows: rows, columns: columns, type: type, bytes: bytes, owner: owner)
            var y = [Float](repeating: .nan, count: count * rows)
            matrix.multiply(x, count: count, into: &y, pool: ThreadPool(threads: 2))
            var row = [Float](repeating: 0, count: columns)
            for index in 0..<rows {
                matrix.copyRow(index, into: &row)
                for vector in 0..<count {
                    let expected = (0..<columns).reduce(0.0) { $0 + Double(row[$1]) * Double(x[vector * columns + $1]) }
                    #expect(abs(Double(y[vector * rows + index]) - expected) < 1e-4)
                }
            }
            // Up to four vectors, none changes another's result, where there are kernels for stored rows.
            let hasKernel = [.f16, .bf16, .q4_0, .q8_0, .q4_K, .q6_K].contains(type)
            if count <= 4, hasKernel, InstructionSet.chosen >= .avx2 {
                var alone = [Float](repeating: 0, count: rows)
                x.withUnsafeBufferPointer { x in
                    guard let base = x.baseAddress else { return }
                    matrix.multiply(
                        base + (count - 1) * columns, count: 1, into: &alone, pool: ThreadPool(threads: 1))
                }
                #expect(alone == Array(y.suffix(rows)))
            }
        }
    }
}
