public import Foundation

/// Writes a GGUF file, version 3, little-endian: the header first, then the tensors one by one.
///
/// ```swift
/// let writer = try GGUFWriter(metadata: metadata, tensors: tensors)
/// try AtomicFile.write(to: path) { handle in
///     try writer.write(to: handle) { tensor, put in try put(bytes(of: tensor)) }
/// }
/// ```
///
/// Nothing but the header and what the caller hands over is held in memory. llama.cpp and the `gguf` package read the
/// result: offsets ascend without gaps, every tensor is padded to the alignment.
public struct GGUFWriter: Sendable {
    public let metadata: GGUFMetadata
    public let tensors: [GGUFTensorInfo]
    public let alignment: Int

    /// - Parameter alignment: of the data and of each tensor in it, bytes; a power of two from 8 on. Another than 32 is
    ///   written as `general.alignment`.
    /// - Throws: ``GGUFError`` for a bad alignment, or a name that is there twice, empty or too long.
    public init(metadata: GGUFMetadata, tensors: [GGUFTensorInfo], alignment: Int = 32) throws(GGUFError) {
        guard alignment >= 8, alignment <= 1 << 30, alignment & (alignment - 1) == 0 else {
            throw GGUFError(
                path: nil, field: "alignment", problem: "\(alignment), expected a power of two from 8 to 2^30")
        }
        var names: Set<String> = []
        for tensor in tensors {
            guard (1...GGUFTensorInfo.maximumNameLength).contains(tensor.name.utf8.count) else {
                throw GGUFError(
                    path: nil, field: "tensor \"\(tensor.name)\": name",
                    problem: "\(tensor.name.utf8.count) bytes long, expected 1 to \(GGUFTensorInfo.maximumNameLength)")
            }
            guard names.insert(tensor.name).inserted else {
                throw GGUFError(path: nil, field: "tensor \"\(tensor.name)\"", problem: "there twice")
            }
        }
        for key in metadata.keys where !(1...GGUFHeader.maximumKeyLength).contains(key.utf8.count) {
            throw GGUFError(
                path: nil, field: "metadata key \"\(key)\"",
                problem: "\(key.utf8.count) bytes long, expected 1 to \(GGUFHeader.maximumKeyLength)")
        }
        var metadata = metadata
        metadata.remove("general.alignment")
        if alignment != GGUFHeader.defaultAlignment { metadata.set("general.alignment", .uint32(UInt32(alignment))) }
        self.metadata = metadata
        self.tensors = tensors
        self.alignment = alignment
    }

    /// Bytes of the whole file.
    public var byteCount: Int { tensors.reduce(header.count) { $0 + padded($1.byteCount) } }

    /// Writes the file from the handle's position on.
    ///
    /// - Parameter data: called for each tensor in order; hands over its bytes, in as many parts as it likes.
    /// - Throws: what `data` throws; ``GGUFError`` where it hands over too few or too many bytes, or the device refuses.
    public func write(
        to handle: FileHandle, data: (GGUFTensorInfo, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try header.withUnsafeBytes { try Self.write($0, to: handle) }
        for tensor in tensors {
            var written = 0
            try data(tensor) { bytes in
                written += bytes.count
                guard written <= tensor.byteCount else { return }
                try Self.write(bytes, to: handle)
            }
            guard written == tensor.byteCount else {
                throw GGUFError(
                    path: nil, field: "tensor \"\(tensor.name)\": data",
                    problem: "\(written) bytes, expected \(tensor.byteCount)")
            }
            let padding = [UInt8](repeating: 0, count: padded(written) - written)
            try padding.withUnsafeBytes { try Self.write($0, to: handle) }
        }
    }

    /// Everything before the data, padded.
    private var header: [UInt8] {
        var encoder = GGUFEncoder()
        for byte in GGUFHeader.magic { encoder.append(byte) }
        encoder.append(UInt32(3))
        encoder.append(UInt64(tensors.count))
        encoder.append(UInt64(metadata.count))
        for (key, value) in metadata.pairs {
            encoder.append(string: key.utf8)
            encoder.append(value.type.rawValue)
            encoder.append(value)
        }
        var offset = 0
        for tensor in tensors {
            encoder.append(string: tensor.name.utf8)
            encoder.append(UInt32(tensor.dimensions.count))
            for size in tensor.dimensions { encoder.append(UInt64(size)) }
            encoder.append(tensor.type.rawValue)
            encoder.append(UInt64(offset))
            offset += padded(tensor.byteCount)
        }
        encoder.pad(to: alignment)
        return encoder.bytes
    }

    private func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    /// Writes all bytes, through interruptions and partial writes.
    private static func write(_ bytes: UnsafeRawBufferPointer, to handle: FileHandle) throws(GGUFError) {
        var rest = bytes[...]
        while let address = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let count = Foundation.write(handle.fileDescriptor, address, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw GGUFError(
                    path: nil, field: "file", problem: "cannot write: \(String(cString: strerror(errno)))",
                    hint: errno == ENOSPC ? "free some space and run it again" : nil)
            }
            rest = rest.dropFirst(count)
        }
    }
}
