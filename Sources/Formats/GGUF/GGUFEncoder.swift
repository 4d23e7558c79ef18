/// Appends little-endian GGUF fields to a byte array.
struct GGUFEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(string: some Collection<UInt8>) {
        append(UInt64(string.count))
        bytes.append(contentsOf: string)
    }

    mutating func append(array: GGUFArray) {
        append(array.elementType.rawValue)
        append(UInt64(array.count))
        array.withEncodedBytes { bytes.append(contentsOf: $0) }
    }

    /// The value's bytes, without its type.
    mutating func append(_ value: GGUFValue) {
        switch value {
        case .uint8(let number): append(number)
        case .int8(let number): append(number)
        case .uint16(let number): append(number)
        case .int16(let number): append(number)
        case .uint32(let number): append(number)
        case .int32(let number): append(number)
        case .uint64(let number): append(number)
        case .int64(let number): append(number)
        case .float32(let number): append(number.bitPattern)
        case .float64(let number): append(number.bitPattern)
        case .bool(let flag): append(UInt8(flag ? 1 : 0))
        case .string(let text): append(string: text.utf8)
        case .array(let array): append(array: array)
        }
    }

    mutating func pad(to alignment: Int) {
        let rest = bytes.count % alignment
        if rest > 0 { bytes.append(contentsOf: repeatElement(0, count: alignment - rest)) }
    }
}
