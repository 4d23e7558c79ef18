/// One file's header: what it says, checked against the file's length.
struct GGUFHeader {
    let mapping: GGUFMapping
    let version: Int
    var metadata: GGUFMetadata
    /// The tensors in the file's order, each with its place in the mapping.
    var tensors: [(info: GGUFTensorInfo, range: Range<Int>)] = []

    static let magic: [UInt8] = Array("GGUF".utf8)
    static let maximumKeyLength = 65_535
    static let defaultAlignment = 32

    init(path: String) throws(GGUFError) {
        mapping = try GGUFMapping(path: path)
        var cursor = GGUFCursor(mapping: mapping, path: path)
        version = try Self.readVersion(&cursor)
        let tensorCount = try Self.readCount(&cursor, "tensor count", minimumBytes: 24)
        let keyCount = try Self.readCount(&cursor, "metadata count", minimumBytes: 13)
        metadata = try Self.readMetadata(&cursor, count: keyCount)
        let alignment = try Self.alignment(of: metadata)
        let entries = try Self.readTensorEntries(&cursor, count: tensorCount, alignment: alignment)
        tensors = try Self.place(entries, in: cursor, alignment: alignment)
    }

    private static func readVersion(_ cursor: inout GGUFCursor) throws(GGUFError) -> Int {
        guard cursor.remaining >= 4, cursor.mapping.bytes.prefix(4).elementsEqual(magic) else {
            let found = FileSignature.name(of: cursor.mapping.bytes).map { " but \($0)" } ?? ""
            throw cursor.refuse(
                "magic", "not a GGUF file\(found): it does not begin with \"GGUF\"",
                hint: "give the path of a .gguf model file")
        }
        _ = try cursor.number(UInt32.self, "magic")
        let version = try cursor.number(UInt32.self, "version")
        if version & 0xFFFF == 0, version != 0 {
            throw cursor.refuse("version", "a big-endian file, expected little-endian")
        }
        guard (2...3).contains(version) else { throw cursor.refuse("version", "\(version), expected 2 or 3") }
        return Int(version)
    }

    /// A count that the rest of the file can hold.
    private static func readCount(
        _ cursor: inout GGUFCursor, _ field: String, minimumBytes: Int
    ) throws(GGUFError) -> Int {
        let count = try cursor.number(UInt64.self, field)
        guard count <= UInt64(cursor.remaining / minimumBytes) else {
            throw cursor.refuse(
                field, "\(count), expected at most \(cursor.remaining / minimumBytes) in the bytes that follow",
                hint: "the file is truncated or damaged: copy or download it again")
        }
        return Int(count)
    }

    private static func readMetadata(_ cursor: inout GGUFCursor, count: Int) throws(GGUFError) -> GGUFMetadata {
        var metadata = GGUFMetadata(path: cursor.path)
        for index in 0..<count {
            let key = try cursor.name("metadata key \(index + 1) of \(count)", maximumLength: maximumKeyLength)
            let field = "metadata \"\(key)\""
            guard metadata[key] == nil else { throw cursor.refuse(field, "there twice") }
            metadata.set(key, try cursor.value(field))
        }
        return metadata
    }

    private static func alignment(of metadata: GGUFMetadata) throws(GGUFError) -> Int {
        guard let alignment = try metadata.optionalInteger("general.alignment") else { return defaultAlignment }
        guard alignment >= 8, alignment <= 1 << 30, alignment & (alignment - 1) == 0 else {
            throw GGUFError(
                path: metadata.path, field: "metadata \"general.alignment\"",
                problem: "\(alignment), expected a power of two from 8 to 2^30")
        }
        return alignment
    }

    private static func readTensorEntries(
        _ cursor: inout GGUFCursor, count: Int, alignment: Int
    ) throws(GGUFError) -> [(info: GGUFTensorInfo, offset: UInt64)] {
        var entries: [(info: GGUFTensorInfo, offset: UInt64)] = []
        var names: Set<String> = []
        for index in 0..<count {
            let ordinal = "tensor \(index + 1) of \(count)"
            let name = try cursor.name("\(ordinal): name", maximumLength: GGUFTensorInfo.maximumNameLength)
            let field = "tensor \"\(name)\""
            guard names.insert(name).inserted else { throw cursor.refuse(field, "there twice") }
            let rank = try cursor.number(UInt32.self, "\(field): dimensions")
            guard (1...UInt32(GGUFTensorInfo.maximumDimensions)).contains(rank) else {
                throw cursor.refuse(
                    "\(field): dimensions", "\(rank), expected 1 to \(GGUFTensorInfo.maximumDimensions)")
            }
            var dimensions: [Int] = []
            for axis in 0..<rank {
                let size = try cursor.number(UInt64.self, "\(field): dimension \(axis)")
                guard let size = Int(exactly: size) else {
                    throw cursor.refuse("\(field): dimension \(axis)", "\(size), expected less than 2^63")
                }
                dimensions.append(size)
            }
            let rawType = try cursor.number(UInt32.self, "\(field): type")
            guard let type = GGMLType(rawValue: rawType) else {
                throw cursor.refuse("\(field): type", "\(rawType), expected a ggml type that is known")
            }
            let offset = try cursor.number(UInt64.self, "\(field): offset")
            guard offset.isMultiple(of: UInt64(alignment)) else {
                throw cursor.refuse("\(field): offset", "\(offset), expected a multiple of \(alignment)")
            }
            do {
                entries.append((try GGUFTensorInfo(name: name, type: type, dimensions: dimensions), offset))
            } catch {
                throw GGUFError(path: cursor.path, field: error.field, problem: error.problem)
            }
        }
        return entries
    }

    /// Holds each tensor's range against the file and against its neighbors.
    private static func place(
        _ entries: [(info: GGUFTensorInfo, offset: UInt64)], in cursor: GGUFCursor, alignment: Int
    ) throws(GGUFError) -> [(info: GGUFTensorInfo, range: Range<Int>)] {
        let start = (cursor.offset + alignment - 1) / alignment * alignment
        let available = max(0, cursor.mapping.bytes.count - start)
        var tensors: [(info: GGUFTensorInfo, range: Range<Int>)] = []
        for (info, offset) in entries {
            guard offset <= UInt64(available), info.byteCount <= available - Int(offset) else {
                throw cursor.refuse(
                    "tensor \"\(info.name)\": offset",
                    "\(offset) and \(info.byteCount) bytes, expected an end within the \(available) bytes of data",
                    hint: "the file is truncated or damaged: copy or download it again")
            }
            let begin = start + Int(offset)
            tensors.append((info, begin..<begin + info.byteCount))
        }
        let occupied = tensors.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (earlier, later) in zip(occupied, occupied.dropFirst())
        where later.range.lowerBound < earlier.range.upperBound {
            throw cursor.refuse(
                "tensor \"\(later.info.name)\": offset",
                "\(later.range.lowerBound - start), which lies inside tensor \"\(earlier.info.name)\"")
        }
        return tensors
    }
}
