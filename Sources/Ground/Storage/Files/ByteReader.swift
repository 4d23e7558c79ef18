import CZlib
import Foundation
import Glibc

/// The bytes of a file or of standard input in pieces, gzip unpacked: one member or several, told by their content.
final class ByteReader {
    /// Asked again and again while a pipe or a terminal has nothing to read; true ends the reading.
    var isStopped: () -> Bool = { false }
    /// Why reading ended early, without the name of the source.
    private(set) var failure: String?
    private(set) var hint: String?
    /// How many times its size a gzip stream may become, once that is more than ``freeBytes``. Logs stay far below; a few bytes
    /// that stand for a disk full of others do not.
    private static let maximumRatio = 400
    private static let freeBytes = 4 << 20
    private var taken = 0
    private var given = 0

    private enum Form { case unknown, plain, gzip, ended }

    private let descriptor: Int32
    private let isRegular: Bool
    private var form = Form.unknown
    private var stream = z_stream()
    /// What was read and is not given out yet.
    private var input: [UInt8]
    private var waiting = 0..<0
    private var isAtEnd = false

    /// - Parameter descriptor: is closed in the end.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        input = [UInt8](repeating: 0, count: 1 << 18)
        var status = stat()
        isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    deinit {
        if form == .gzip { inflateEnd(&stream) }
        close(descriptor)
    }

    /// The next bytes, some of those that fit; 0 after the last.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if form == .unknown { recognize() }
        switch form {
        case .gzip: return unpack(into: buffer)
        case .ended, .unknown: return 0
        case .plain:
            if waiting.isEmpty { return receive(into: buffer) }
            let count = min(waiting.count, buffer.count)
            buffer.copyBytes(from: input[waiting.prefix(count)])
            waiting = waiting.dropFirst(count)
            return count
        }
    }

    private func recognize() {
        let gzip: [UInt8] = [0x1F, 0x8B]
        let known = ForeignForm.all.map(\.beginning) + [gzip]
        // A pipe may give a byte at a time, and is asked for more only while it can still be one of these.
        func isOpen(_ beginning: [UInt8]) -> Bool {
            waiting.count < beginning.count && beginning.starts(with: input[waiting])
        }
        while !isAtEnd, known.contains(where: isOpen) { refill() }
        if let foreign = ForeignForm.all.first(where: { input[waiting].starts(with: $0.beginning) }) {
            return end(foreign.reason)
        }
        guard beginsMember else {
            form = .plain
            return
        }
        // 16 asks for gzip's own header and trailer.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, size) == Z_OK else {
            end("no memory to unpack it")
            return
        }
        form = .gzip
    }

    private var beginsMember: Bool {
        waiting.count >= 2 && input[waiting.lowerBound] == 0x1F && input[waiting.lowerBound + 1] == 0x8B
    }

    private func end(_ reason: String?) {
        if form == .gzip { inflateEnd(&stream) }
        failure = reason
        form = .ended
    }

    // MARK: gzip

    private func unpack(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while form == .gzip {
            if waiting.isEmpty {
                refill()
                if waiting.isEmpty {
                    end(failure ?? (isAsked ? nil : "the gzip stream is cut short"))
                    return 0
                }
            }
            let offered = waiting.count
            let (status, left, made) = input.withUnsafeMutableBufferPointer { bytes -> (Int32, Int, Int) in
                stream.next_in = bytes.baseAddress! + waiting.lowerBound
                stream.avail_in = UInt32(offered)
                stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(buffer.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                return (status, Int(stream.avail_in), buffer.count - Int(stream.avail_out))
            }
            waiting = waiting.dropFirst(offered - left)
            taken += offered - left
            given += made
            if given > ByteReader.freeBytes, given / ByteReader.maximumRatio > taken {
                end("its gzip data becomes more than \(ByteReader.maximumRatio) times as long, expected a log")
                hint = "if that is meant, unpack it first: gunzip"
                return 0
            }
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: beginNextMember()
            default: end(stream.msg.map { "damaged gzip data: \(String(cString: $0))" } ?? "damaged gzip data")
            }
            if made > 0 { return made }
        }
        return 0
    }

    /// After a member comes another, or zeros to the end, as tapes have them.
    private func beginNextMember() {
        while waiting.count < 2, !isAtEnd { refill() }
        if beginsMember {
            if inflateReset(&stream) != Z_OK { end("damaged gzip data") }
            return
        }
        while !waiting.isEmpty || !isAtEnd {
            guard input[waiting].allSatisfy({ $0 == 0 }) else {
                end("other data after the gzip stream, which is lost")
                return
            }
            waiting = 0..<0
            refill()
        }
        end(failure)
    }

    // MARK: The source

    private var isAsked = false

    /// Reads more behind what waits.
    private func refill() {
        if waiting.isEmpty {
            waiting = 0..<0
        } else if waiting.upperBound == input.count {
            input.replaceSubrange(0..<waiting.count, with: Array(input[waiting]))
            waiting = 0..<waiting.count
        }
        let count = input.withUnsafeMutableBytes {
            receive(into: UnsafeMutableRawBufferPointer(rebasing: $0[waiting.upperBound...]))
        }
        waiting = waiting.lowerBound..<waiting.upperBound + count
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !isAtEnd else { return 0 }
        while true {
            if !isRegular, !waitForBytes() {
                isAsked = true
                isAtEnd = true
                return 0
            }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count < 0 { failure = StorageError.systemReason() }
            if count <= 0 { isAtEnd = true }
            return max(0, count)
        }
    }

    /// false when somebody asked to stop.
    private func waitForBytes() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&request, 1, 200) <= 0 { if isStopped() { return false } }
        return true
    }
}
