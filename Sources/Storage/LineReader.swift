import CZlib
import Foundation

/// The lines of a file or of standard input, plain or gzip, in bounded memory.
///
/// Lines end with LF or CR LF; the last may lack its end. Numbers count from 1. A byte order mark is not part of the
/// first line.
public final class LineReader: Sequence, IteratorProtocol {
    /// A line without its end, and its number.
    public struct Line {
        public var number: Int
        public var bytes: ArraySlice<UInt8>
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Lines longer than this are not kept; they come back empty with ``lastLineWasTooLong`` set.
    public static let maximumLength = 64 << 20

    /// What messages call the source.
    public let name: String
    /// Bytes read so far, decompressed.
    public private(set) var byteCount = 0
    /// Why reading stopped early: a damaged gzip stream or a failing device. Look at it after the last line.
    public private(set) var failure: StorageError?
    /// Whether the line that came last was longer than ``maximumLength`` and was dropped.
    public private(set) var lastLineWasTooLong = false

    private let file: gzFile
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false
    private let chunk = 1 << 18

    /// Opens a file; `-` is standard input. gzip is recognized by its content.
    public init(path: String) throws {
        let descriptor: Int32
        if path == "-" {
            name = "standard input"
            descriptor = dup(STDIN_FILENO)
        } else {
            name = path
            let handle = try FileHandle(readingFrom: path)
            descriptor = dup(handle.fileDescriptor)
        }
        guard descriptor >= 0, let file = gzdopen(descriptor, "rb") else {
            throw StorageError(.input, "cannot read \(name): \(StorageError.systemReason())")
        }
        gzbuffer(file, UInt32(chunk))
        self.file = file
    }

    deinit { gzclose(file) }

    public func next() -> Line? {
        lastLineWasTooLong = false
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return line(upTo: end, next: end + 1)
            }
            searched = buffer.count
            if isAtEnd { return start < buffer.count ? line(upTo: buffer.count, next: buffer.count) : nil }
            if buffer.count - start > LineReader.maximumLength {
                lastLineWasTooLong = true
                start = buffer.count
            }
            if start > 0 {
                buffer.removeFirst(start)
                searched -= start
                start = 0
            }
            fill()
        }
    }

    private func line(upTo end: Int, next: Int) -> Line {
        number += 1
        defer { start = next }
        if lastLineWasTooLong { return Line(number: number, bytes: []) }
        let hasReturn = end > start && buffer[end - 1] == UInt8(ascii: "\r")
        return Line(number: number, bytes: buffer[start..<(hasReturn ? end - 1 : end)])
    }

    private func fill() {
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: chunk))
        let count = buffer.withUnsafeMutableBytes { gzread(file, $0.baseAddress! + old, UInt32(chunk)) }
        buffer.removeLast(chunk - Swift.max(0, Int(count)))
        if byteCount == 0, buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer.removeFirst(3) }
        byteCount += Swift.max(0, Int(count))
        if count < chunk {
            var code: Int32 = 0
            // zlib puts its own name for the file before the reason.
            let reason = gzerror(file, &code).map { String(cString: $0).split(separator: ">: ").last ?? "" } ?? ""
            if count < 0 || (code != Z_OK && code != Z_STREAM_END) {
                failure = StorageError(.input, "cannot read on in \(name) after line \(number): \(reason)")
            }
            if count <= 0 { isAtEnd = true }
        }
    }
}
