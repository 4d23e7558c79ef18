/// Reads the fields of a header one after the other; every read is bounded by the bytes that are there.
struct GGUFCursor {
    let mapping: GGUFMapping
    let path: String
    private(set) var offset = 0

    init(mapping: GGUFMapping, path: String) {
        self.mapping = mapping
        self.path = path
    }

    var remaining: Int { mapping.bytes.count - offset }

    func refuse(_ field: String, _ problem: String, hint: String? = nil) -> GGUFError {
        GGUFError(path: path, field: field, problem: problem, hint: hint)
    }

    private func truncated(_ field: String, needs count: UInt64) -> GGUFError {
        refuse(
            field, "the file ends after \(remaining) of \(count) bytes (at \(mapping.bytes.count))",
            hint: "the file is truncated or damaged: copy or download it again")
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type, _ field: String) throws(GGUFError) -> Number {
        let size = Number.bitWidth / 8
        guard remaining >= size else { throw truncated(field, needs: UInt64(size)) }
        defer { offset += size }
        return Number(littleEndian: mapping.bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// The range of a string's bytes.
    mutating func stringRange(_ field: String) throws(GGUFError) -> Range<Int> {
        let length = try number(UInt64.self, field)
        guard length <= UInt64(remaining) else { throw truncated(field, needs: length) }
        defer { offset += Int(length) }
        return offset..<offset + Int(length)
    }

    /// A string that serves as a name: UTF-8, not empty, of bounded length.
    mutating func name(_ field: String, maximumLength: Int) throws(GGUFError) -> String {
        let length = try number(UInt64.self, field)
        guard (1...UInt64(maximumLength)).contains(length) else {
            throw refuse(field, "\(length) bytes long, expected 1 to \(maximumLength)")
        }
        guard length <= UInt64(remaining) else { throw truncated(field, needs: length) }
        let bytes = mapping.bytes[offset..<offset + Int(length)]
        guard let name = String(validating: bytes, as: UTF8.self) else { throw refuse(field, "not UTF-8") }
        offset += Int(length)
        return name
    }

    /// Skips `count` values of a type, all of them checked.
    ///
    /// Time is bounded by the file: every value takes at least one byte, and `count` is held against the bytes that
    /// are left before anything is read.
    mutating func skip(_ type: GGUFValueType, count: UInt64, depth: Int, _ field: String) throws(GGUFError) {
        guard count <= UInt64(remaining / type.minimumByteCount) else {
            throw refuse(
                field, "\(count) elements of \(type), expected at most the \(remaining) bytes that follow",
                hint: "the file is truncated or damaged: copy or download it again")
        }
        if let size = type.byteCount {
            offset += size * Int(count)
            return
        }
        for _ in 0..<count {
            if type == .string {
                _ = try stringRange(field)
            } else {
                let (inner, innerCount) = try arrayHeader(field)
                guard depth < Self.maximumDepth else {
                    throw refuse(field, "arrays nested deeper than \(Self.maximumDepth)")
                }
                try skip(inner, count: innerCount, depth: depth + 1, field)
            }
        }
    }

    /// How deep arrays may be nested. No file that is known nests them at all.
    static let maximumDepth = 4

    mutating func arrayHeader(_ field: String) throws(GGUFError) -> (GGUFValueType, UInt64) {
        (try valueType(field), try number(UInt64.self, "\(field): array length"))
    }

    mutating func valueType(_ field: String) throws(GGUFError) -> GGUFValueType {
        let raw = try number(UInt32.self, "\(field): type")
        guard let type = GGUFValueType(rawValue: raw) else {
            throw refuse("\(field): type", "\(raw), expected 0 to 12")
        }
        return type
    }

    mutating func value(_ field: String) throws(GGUFError) -> GGUFValue {
        switch try valueType(field) {
        case .uint8: return .uint8(try number(UInt8.self, field))
        case .int8: return .int8(try number(Int8.self, field))
        case .uint16: return .uint16(try number(UInt16.self, field))
        case .int16: return .int16(try number(Int16.self, field))
        case .uint32: return .uint32(try number(UInt32.self, field))
        case .int32: return .int32(try number(Int32.self, field))
        case .uint64: return .uint64(try number(UInt64.self, field))
        case .int64: return .int64(try number(Int64.self, field))
        case .float32: return .float32(Float(bitPattern: try number(UInt32.self, field)))
        case .float64: return .float64(Double(bitPattern: try number(UInt64.self, field)))
        case .bool: return .bool(try number(UInt8.self, field) != 0)
        case .string: return .string(String(decoding: mapping.bytes[try stringRange(field)], as: UTF8.self))
        case .array:
            let (type, count) = try arrayHeader(field)
            let start = offset
            try skip(type, count: count, depth: 1, field)
            return .array(GGUFArray(elementType: type, count: Int(count), mapping: mapping, range: start..<offset))
        }
    }
}
