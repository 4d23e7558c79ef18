import CZlib

/// gzip in memory.
public enum Gzip {
    public enum Failure: Error {
        /// There would be more bytes than are wanted.
        case tooLong
        /// The bytes are not gzip, or end early.
        case damaged
    }

    /// The bytes of one or more gzip members, at most `limit`, however much the compressed ones would become.
    public static func decompressed(_ bytes: [UInt8], atMost limit: Int) -> Result<[UInt8], Failure> {
        var stream = z_stream()
        // 16 asks for gzip's own header and trailer.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, size) == Z_OK else { return .failure(.damaged) }
        defer { inflateEnd(&stream) }
        var input = bytes
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var output: [UInt8] = []
        return input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                let (status, count) = piece.withUnsafeMutableBufferPointer { piece -> (Int32, Int) in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = UInt32(piece.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, piece.count - Int(stream.avail_out))
                }
                guard output.count + count <= limit else { return .failure(.tooLong) }
                output += piece.prefix(count)
                switch status {
                case Z_OK: continue
                case Z_STREAM_END where stream.avail_in == 0: return .success(output)
                case Z_STREAM_END: guard inflateReset(&stream) == Z_OK else { return .failure(.damaged) }
                default: return .failure(.damaged)
                }
            }
        }
    }
}
