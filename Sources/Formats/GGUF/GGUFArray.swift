/// A metadata array: an element type and the elements, kept in the form in which the file stores them.
///
/// An array read from a file stays in the mapping (a vocabulary of 256,000 tokens costs nothing until it is read) and
/// keeps the mapping alive. All lengths inside have been checked once, when the file was opened.
public struct GGUFArray: Sendable {
    public let elementType: GGUFValueType
    public let count: Int
    private let storage: Storage

    private enum Storage: Sendable {
        case mapped(GGUFMapping, Range<Int>)
        case owned([UInt8])
    }

    /// An array inside a mapping; the caller has checked `range`.
    init(elementType: GGUFValueType, count: Int, mapping: GGUFMapping, range: Range<Int>) {
        self.elementType = elementType
        self.count = count
        storage = .mapped(mapping, range)
    }

    private init(elementType: GGUFValueType, count: Int, encoded: [UInt8]) {
        self.elementType = elementType
        self.count = count
        storage = .owned(encoded)
    }

    /// An array of strings, given as bytes.
    public init(stringBytes: [[UInt8]]) {
        var encoder = GGUFEncoder()
        for string in stringBytes { encoder.append(string: string) }
        self.init(elementType: .string, count: stringBytes.count, encoded: encoder.bytes)
    }

    public init(_ strings: [String]) { self.init(stringBytes: strings.map { Array($0.utf8) }) }

    public init(_ numbers: [Int32]) { self.init(.int32, numbers) { $0.append($1) } }
    public init(_ numbers: [UInt32]) { self.init(.uint32, numbers) { $0.append($1) } }
    public init(_ numbers: [Float]) { self.init(.float32, numbers) { $0.append($1.bitPattern) } }
    public init(_ booleans: [Bool]) { self.init(.bool, booleans) { $0.append(UInt8($1 ? 1 : 0)) } }

    /// An array of arrays.
    public init(_ arrays: [GGUFArray]) { self.init(.array, arrays) { $0.append(array: $1) } }

    private init<Element>(
        _ type: GGUFValueType, _ elements: [Element], _ append: (inout GGUFEncoder, Element) -> Void
    ) {
        var encoder = GGUFEncoder()
        for element in elements { append(&encoder, element) }
        self.init(elementType: type, count: elements.count, encoded: encoder.bytes)
    }

    /// The elements as the file stores them.
    package func withEncodedBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch storage {
        case .owned(let bytes): try bytes.withUnsafeBytes(body)
        case .mapped(let mapping, let range):
            try withExtendedLifetime(mapping) { try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[range])) }
        }
    }

    /// Calls `body` with each string's bytes; does nothing for arrays of another type.
    public func forEachString(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        guard elementType == .string else { return }
        try withEncodedBytes { bytes in
            var offset = 0
            for _ in 0..<count {
                let length = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
                try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
                offset += length
            }
        }
    }

    /// The strings as bytes, or nil for an array of another type.
    public var stringBytes: [[UInt8]]? {
        guard elementType == .string else { return nil }
        var strings: [[UInt8]] = []
        strings.reserveCapacity(count)
        forEachString { strings.append([UInt8]($0)) }
        return strings
    }

    /// The strings, or nil for an array of another type; bytes that are not UTF-8 are replaced.
    public var strings: [String]? {
        guard elementType == .string else { return nil }
        var strings: [String] = []
        strings.reserveCapacity(count)
        forEachString { strings.append(String(decoding: $0, as: UTF8.self)) }
        return strings
    }

    /// The elements as integers: any integer type that fits; nil for other arrays.
    public var integers: [Int]? {
        switch elementType {
        case .uint8: mapNumbers(UInt8.self) { Int($0) }
        case .int8: mapNumbers(Int8.self) { Int($0) }
        case .uint16: mapNumbers(UInt16.self) { Int($0) }
        case .int16: mapNumbers(Int16.self) { Int($0) }
        case .uint32: mapNumbers(UInt32.self) { Int($0) }
        case .int32: mapNumbers(Int32.self) { Int($0) }
        case .uint64: mapNumbers(UInt64.self) { Int(exactly: $0) }
        case .int64: mapNumbers(Int64.self) { Int($0) }
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// The elements as numbers: any integer or floating-point type; nil for other arrays.
    public var numbers: [Double]? {
        switch elementType {
        case .float32: mapNumbers(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float64: mapNumbers(UInt64.self) { Double(bitPattern: $0) }
        case .uint64: mapNumbers(UInt64.self) { Double($0) }
        default: integers?.map(Double.init)
        }
    }

    public var booleans: [Bool]? { elementType == .bool ? mapNumbers(UInt8.self) { $0 != 0 } : nil }

    /// The elements as values.
    public var values: [GGUFValue] { prefix(count) }

    /// The first elements, at most `limit`, as values.
    public func prefix(_ limit: Int) -> [GGUFValue] {
        withEncodedBytes { bytes in
            var offset = 0
            return (0..<min(limit, count)).map { _ in decode(bytes, at: &offset) }
        }
    }

    /// All elements, stored as `Number`, through `transform`; nil as soon as one gives nil.
    private func mapNumbers<Number: FixedWidthInteger, Element>(
        _: Number.Type, _ transform: (Number) -> Element?
    ) -> [Element]? {
        withEncodedBytes { bytes in
            var result: [Element] = []
            result.reserveCapacity(count)
            for index in 0..<count {
                let offset = index * (Number.bitWidth / 8)
                let number = Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
                guard let element = transform(number) else { return nil }
                result.append(element)
            }
            return result
        }
    }

    /// The element at `offset`, which moves behind it. The bytes were checked when the array was made.
    private func decode(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> GGUFValue {
        func take<Number: FixedWidthInteger>(_: Number.Type) -> Number {
            defer { offset += Number.bitWidth / 8 }
            return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        switch elementType {
        case .uint8: return .uint8(take(UInt8.self))
        case .int8: return .int8(take(Int8.self))
        case .uint16: return .uint16(take(UInt16.self))
        case .int16: return .int16(take(Int16.self))
        case .uint32: return .uint32(take(UInt32.self))
        case .int32: return .int32(take(Int32.self))
        case .uint64: return .uint64(take(UInt64.self))
        case .int64: return .int64(take(Int64.self))
        case .float32: return .float32(Float(bitPattern: take(UInt32.self)))
        case .float64: return .float64(Double(bitPattern: take(UInt64.self)))
        case .bool: return .bool(take(UInt8.self) != 0)
        case .string:
            let length = Int(take(UInt64.self))
            defer { offset += length }
            return .string(String(decoding: bytes[offset..<offset + length], as: UTF8.self))
        case .array:
            let start = offset
            // Validated before: type and count are there, and the type is known.
            let type = GGUFValueType(rawValue: take(UInt32.self)) ?? .uint8
            let count = Int(take(UInt64.self))
            offset = GGUFArray.end(of: type, count: count, in: bytes, from: start + 12)
            let inner = [UInt8](bytes[(start + 12)..<offset])
            return .array(GGUFArray(elementType: type, count: count, encoded: inner))
        }
    }

    /// Where `count` checked elements that begin at `offset` end.
    private static func end(
        of type: GGUFValueType, count: Int, in bytes: UnsafeRawBufferPointer, from offset: Int
    ) -> Int {
        if let size = type.byteCount { return offset + size * count }
        var offset = offset
        for _ in 0..<count {
            if type == .string {
                offset += 8 + Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            } else {
                let raw = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let count = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt64.self))
                offset = end(
                    of: GGUFValueType(rawValue: raw) ?? .uint8, count: Int(count), in: bytes, from: offset + 12)
            }
        }
        return offset
    }
}
