package import Foundation
import JSON
import Storage

/// A safetensors file: a JSON header that names tensors, then their bytes. Memory-mapped.
///
/// Hugging Face's format: eight bytes with the header's length, the header, the data that its offsets point into.
package struct SafetensorsFile: Sendable {
    /// How numbers are stored, of those types that weights have.
    package enum DataType: String, Sendable {
        case f32 = "F32"
        case f16 = "F16"
        case bf16 = "BF16"

        var byteCount: Int { self == .f32 ? 4 : 2 }

        /// A number as this type holds it: the nearest, of two the one whose last bit is 0.
        func rounded(_ number: Float) -> Float {
            switch self {
            case .f32: return number
            case .f16: return Float(Float16(number))
            case .bf16:
                let bits = number.bitPattern
                return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
            }
        }
    }

    package struct Tensor: Sendable {
        package var type: DataType
        package var shape: [Int]
        /// In the data.
        var range: Range<Int>
    }

    package let path: String
    /// By name.
    package let tensors: [String: Tensor]
    private let data: Data
    private let start: Int

    /// More than any adapter's header.
    private static let maximumHeaderLength = 100 << 20

    /// - Throws: ``AdapterError`` for a header that is not whole, not JSON or names what is not there.
    package init(path: String) throws {
        self.path = path
        let handle = try FileHandle(readingFrom: path)
        try handle.close()
        data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        guard data.count >= 8 else { throw AdapterError("\(path): \(data.count) bytes, expected a safetensors file") }
        let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= SafetensorsFile.maximumHeaderLength, 8 + Int(length) <= data.count else {
            throw AdapterError("\(path): a header of \(length) bytes, expected one that lies in the file")
        }
        start = 8 + Int(length)
        let header: JSONValue
        do {
            header = try JSONValue(parsing: data[8..<start])
        } catch {
            throw AdapterError("\(path): header: not JSON, expected an object of tensors")
        }
        guard let members = header.objectValue?.members else {
            throw AdapterError("\(path): header: not an object, expected an object of tensors")
        }
        var tensors: [String: Tensor] = [:]
        for (name, value) in members where name != "__metadata__" {
            tensors[name] = try SafetensorsFile.tensor(value, name, path, dataCount: data.count - start)
        }
        self.tensors = tensors
        try checkCover()
    }

    /// Each tensor begins where the one before ends, and the last ends with the file, as the format wants: bytes that two
    /// share would be unpacked twice, and bytes that none has are a tensor that the header lost, such as one of two with
    /// the same name.
    private func checkCover() throws {
        var end = 0, before: String?
        for (name, tensor) in tensors.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound }) {
            guard tensor.range.lowerBound == end else {
                throw AdapterError(
                    "\(path): tensor \(name): offset \(tensor.range.lowerBound), expected \(end), "
                        + (before.map { "the end of tensor \($0)" } ?? "the beginning of the data"))
            }
            (end, before) = (tensor.range.upperBound, name)
        }
        guard end == data.count - start else {
            throw AdapterError(
                "\(path): \(data.count - start - end) bytes behind the last tensor, expected the end of the file",
                hint: "the header lost a tensor, or the file was damaged: save the adapter again")
        }
    }

    private static func tensor(_ value: JSONValue, _ name: String, _ path: String, dataCount: Int) throws -> Tensor {
        func refuse(_ found: String, _ expected: String) -> AdapterError {
            AdapterError("\(path): tensor \(name): \(found), expected \(expected)")
        }
        guard let type = value["dtype"]?.stringValue.flatMap(DataType.init) else {
            throw refuse("dtype \(value["dtype"]?.serialized() ?? "missing")", "F32, F16 or BF16")
        }
        let shape = value["shape"]?.arrayValue?.compactMap(\.integerValue) ?? []
        let offsets = value["data_offsets"]?.arrayValue?.compactMap(\.integerValue) ?? []
        var count = type.byteCount
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow else { throw refuse("shape \(shape)", "sizes from 1 on") }
            count = product
        }
        guard !shape.isEmpty, offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= dataCount,
            offsets[1] - offsets[0] == count
        else { throw refuse("offsets \(offsets) for shape \(shape)", "\(count) bytes within \(dataCount)") }
        return Tensor(type: type, shape: shape, range: offsets[0]..<offsets[1])
    }

    /// A tensor's numbers, row-major.
    package func floats(_ tensor: Tensor) -> [Float] { floats(tensor, rows: 0..<(tensor.shape.first ?? 0)) }

    /// The numbers of some rows of a tensor.
    func floats(_ tensor: Tensor, rows: Range<Int>) -> [Float] {
        let rowLength = tensor.range.count / max(1, tensor.shape.first ?? 1)
        let first = start + tensor.range.lowerBound
        let range = first + rows.lowerBound * rowLength..<first + rows.upperBound * rowLength
        return data[range].withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: tensor.type.byteCount).map { offset in
                switch tensor.type {
                case .f32:
                    let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    return Float(bitPattern: UInt32(littleEndian: bits))
                case .bf16:
                    let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
                    return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
                case .f16:
                    let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
                    return Float(Float16(bitPattern: UInt16(littleEndian: bits)))
                }
            }
        }
    }

    /// Writes F32 tensors in the order of their names' bytes.
    package static func write(_ tensors: [String: (shape: [Int], numbers: [Float])], to handle: FileHandle) throws {
        var members: [(key: String, value: JSONValue)] = [
            (key: "__metadata__", value: .object(JSONObject([(key: "format", value: .string("pt"))])))
        ]
        let sorted = tensors.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var offset = 0
        for (name, tensor) in sorted {
            let end = offset + 4 * tensor.numbers.count
            members.append(
                (
                    key: name,
                    value: .object(
                        JSONObject([
                            (key: "dtype", value: .string("F32")),
                            (key: "shape", value: .array(tensor.shape.map { .integer($0) })),
                            (key: "data_offsets", value: .array([.integer(offset), .integer(end)])),
                        ]))
                ))
            offset = end
        }
        var header = JSONValue.object(JSONObject(members)).serializedBytes()
        // The data begins on a multiple of eight; the format pads the header with spaces.
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        try handle.writeAll(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
        try handle.writeAll(header)
        for (_, tensor) in sorted { try tensor.numbers.withUnsafeBytes { try handle.writeAll($0) } }
    }
}
