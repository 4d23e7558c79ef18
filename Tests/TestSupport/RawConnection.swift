import Foundation
import Glibc

/// A connection to a server on loopback, for what no well-behaved client sends.
public final class RawConnection {
    private let descriptor: Int32
    /// What was received so far.
    public private(set) var received = ""
    /// Whether the server has closed the connection.
    public private(set) var isClosed = false

    /// Connects to the server of a URL like `http://127.0.0.1:8080`.
    ///
    /// - Parameter receiveBufferSize: how much the system takes of an answer that is not read.
    public init(_ url: String, receiveBufferSize: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBufferSize {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(URL(string: url)?.port ?? 0).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // Thrown from here on, the error ends this object as well, whose end closes the socket.
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { Glibc.close(descriptor) }

    /// Leaves, as a client that does not want its answer any more.
    public func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Sends a text; false where the server takes no more.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends bytes; false where the server takes no more.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Reads until a text has come, the server closes, or so many seconds have passed; gives all that was received.
    @discardableResult
    public func read(until text: String? = nil, within seconds: Double = 30) -> String {
        let end = Date(timeIntervalSinceNow: seconds)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !isClosed, text.map({ !received.contains($0) }) ?? true {
            let left = Int32(max(0, end.timeIntervalSinceNow * 1000))
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, left) > 0 else { break }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { received += String(decoding: buffer.prefix(count), as: UTF8.self) } else { isClosed = true }
        }
        return received
    }

    /// Forgets what was received.
    public func clear() { received = "" }
}
