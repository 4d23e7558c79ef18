import CKernels
public import GGUF
import Quantization

/// A weight matrix as it lies in a mapped file, in any ggml type that can be decoded: never expanded as a whole.
///
/// Rows are outputs, columns are inputs. A product unpacks one tile at a time into the panel that it is about to
/// read; float32 is read in place. Tiles and the order of sums depend on shapes alone.
///
/// Unchecked `Sendable`: the bytes are not written while a product reads them (those of a file never are; those of weights
/// that are trained only between passes), and `owner` keeps them mapped.
public struct FrozenMatrix: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    public let type: GGMLType
    let bytes: UnsafeRawPointer
    let rowByteCount: Int
    /// Multiplies a row as it is stored with a few vectors, where this machine can.
    let storedRow: retort_stored_row?
    private let owner: any AnyObject & Sendable

    /// - Throws: ``TensorError`` for a type that cannot be decoded, a row that is no whole number of blocks, bytes of
    ///   the wrong count, or a `RETORT_THREADS` that cannot be followed; `QuantizationError` for a `RETORT_KERNELS`.
    public init(
        rows: Int, columns: Int, type: GGMLType, bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable
    ) throws {
        if let refusal = InstructionSet.refusal { throw refusal }
        if let refusal = ThreadPool.refusal { throw refusal }
        guard Dequantizer.isSupported(type) else {
            throw TensorError("matrix of type \(type.name): cannot be decoded")
        }
        guard rows > 0, columns > 0, columns % type.blockLength == 0 else {
            throw TensorError(
                "matrix of \(rows) × \(columns): expected rows of a whole number of \(type.name) blocks of "
                    + "\(type.blockLength)")
        }
        rowByteCount = columns / type.blockLength * type.blockByteCount
        guard let start = bytes.baseAddress, bytes.count == rowByteCount * rows else {
            throw TensorError(
                "matrix of \(rows) × \(columns) in \(type.name): \(bytes.count) bytes, expected \(rowByteCount * rows)")
        }
        self.rows = rows
        self.columns = columns
        self.type = type
        storedRow = retort_stored_row_of(type.rawValue)
        self.bytes = start
        self.owner = owner
    }

    /// A view of float32 numbers in memory.
    public init(
        rows: Int, columns: Int, floats: UnsafePointer<Float>, owner: any AnyObject & Sendable
    ) throws {
        try self.init(
            rows: rows, columns: columns, type: .f32,
            bytes: UnsafeRawBufferPointer(start: floats, count: rows * columns * MemoryLayout<Float>.stride),
            owner: owner)
    }

    /// Decodes one row, `columns` floats: an embedding look-up.
    public func copyRow(_ row: Int, into target: UnsafeMutablePointer<Float>) {
        unpack(row: row, columns: 0..<columns, into: target)
    }

    /// The rows from `first` on of another view of the same bytes: one part of a fused matrix.
    public func slice(rows range: Range<Int>) throws -> FrozenMatrix {
        try FrozenMatrix(
            rows: range.count, columns: columns, type: type,
            bytes: UnsafeRawBufferPointer(
                start: bytes + range.lowerBound * rowByteCount, count: range.count * rowByteCount),
            owner: owner)
    }

    /// The floats where they lie, if they can be read in place.
    var inPlace: UnsafePointer<Float>? {
        guard type == .f32, UInt(bitPattern: bytes) % 4 == 0 else { return nil }
        return bytes.assumingMemoryBound(to: Float.self)
    }

    /// Decodes part of a row; the range begins and ends at a block.
    func unpack(row: Int, columns range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        let source = bytes + row * rowByteCount + range.lowerBound / type.blockLength * type.blockByteCount
        unpack(source, range.count, into: target)
    }

    /// Decodes whole rows, which lie one after the other.
    func unpack(rows range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        unpack(bytes + range.lowerBound * rowByteCount, range.count * columns, into: target)
    }

    private func unpack(_ source: UnsafeRawPointer, _ count: Int, into target: UnsafeMutablePointer<Float>) {
        do {
            try Dequantizer.dequantize(type, from: source, to: target, count: count)
        } catch {
            // The initializer asked whether the type can be decoded, and counts are whole blocks.
            preconditionFailure("\(error)")
        }
    }
}
