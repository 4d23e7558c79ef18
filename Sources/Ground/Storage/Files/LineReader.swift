import Foundation
import Glibc
import JSON
import PlainText

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

        public init(number: Int, bytes: ArraySlice<UInt8>) {
            self.number = number
            self.bytes = bytes
        }

        /// The bytes without a byte order mark at their beginning, which a line has where files were put together.
        public var unmarked: ArraySlice<UInt8> { bytes.unmarked }

        /// Whether it holds no value, as JSON Lines have it.
        public var isBlank: Bool { JSONLines.isBlank(bytes) }
    }

    /// How long lines are that are kept, unless ``maximumLength-swift.property`` says otherwise.
    public static let maximumLength = 8 << 20

    /// Lines longer than this are not kept; they come back empty with ``lastLineWasTooLong`` set.
    public var maximumLength = LineReader.maximumLength

    /// What messages call the source.
    public let name: String
    /// Bytes read so far, decompressed.
    public private(set) var byteCount = 0
    /// Why reading stopped early: a damaged gzip stream or a failing device. Look at it after the last line.
    public private(set) var failure: StorageError?
    /// Whether the line that came last was longer than allowed and was dropped.
    public private(set) var lastLineWasTooLong = false

    private var hasBegun = false
    private let source: ByteReader
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    /// Whether nothing more can be read from the source.
    public private(set) var isAtEnd = false
    private let chunk = 1 << 18

    /// Asked again and again while a pipe or a terminal has nothing to read; true ends the reading as if it were the end.
    public var isStopped: () -> Bool {
        get { source.isStopped }
        set { source.isStopped = newValue }
    }

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
        guard descriptor >= 0 else {
            throw StorageError(.input, "cannot read \(name): \(StorageError.systemReason())")
        }
        source = ByteReader(descriptor: descriptor)
    }

    /// What comes next, as many bytes as there are up to `count`; they stay to be read. Whether that is all there is says
    /// ``isAtEnd``.
    public func peek(_ count: Int) -> ArraySlice<UInt8> {
        while buffer.count - start < count, !isAtEnd { fill() }
        return buffer[start...].prefix(count)
    }

    /// The next bytes, whatever lines they are; none at the end.
    public func nextPiece() -> ArraySlice<UInt8> {
        buffer.removeFirst(start)
        start = 0
        while buffer.isEmpty, !isAtEnd { fill() }
        defer { start = buffer.count }
        return buffer[...]
    }

    public func next() -> Line? {
        lastLineWasTooLong = false
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return line(upTo: end, next: end + 1)
            }
            searched = buffer.count
            // What is left of a damaged stream is no line.
            if isAtEnd {
                return start < buffer.count && failure == nil ? line(upTo: buffer.count, next: buffer.count) : nil
            }
            if buffer.count - start > maximumLength {
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
        let count = buffer.withUnsafeMutableBytes {
            source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[old...]))
        }
        buffer.removeLast(chunk - count)
        byteCount += count
        if !hasBegun {
            // Of a mark a pipe may give one byte first.
            if count > 0, buffer.count < 3, [0xEF, 0xFE, 0xFF].contains(buffer[0]) { return fill() }
            begin()
        }
        // Of what must not be unpacked nothing is given out.
        if source.hint != nil { (buffer, start) = ([], 0) }
        if count == 0 { isAtEnd = true }
        if count == 0, failure == nil, let reason = source.failure {
            // Lines that were read and not given out yet still are.
            let last = number + buffer[start...].count { $0 == UInt8(ascii: "\n") }
            failure = StorageError(
                .input, "cannot read on in \(name) after line \(last): \(reason)", hint: source.hint)
        }
    }

    /// Looks at the mark that a file may begin with.
    private func begin() {
        hasBegun = true
        buffer.removeFirst(buffer.count - buffer.unmarked.count)
        guard buffer.isMarkedUTF16 else { return }
        let encoding = buffer.isMarkedUTF32 ? "UTF-32" : "UTF-16"
        failure = StorageError(
            .input, "cannot read \(name): it is \(encoding), expected UTF-8",
            hint: "convert it first: iconv -f \(encoding) -t UTF-8")
        buffer = []
        isAtEnd = true
    }
}
