import Foundation
import Glibc

/// A server on loopback that reads one request per connection, if wanted, and then does exactly what a test says.
public final class ScriptedServer: Sendable {
    /// One accepted connection, its request read up to the end of the header fields.
    public struct Connection: Sendable {
        public let descriptor: Int32
        public let request: String
        /// What came together with the header fields: the beginning of the body.
        let bodyBeginning: [UInt8]

        public func send(_ text: String) { send(Array(text.utf8)) }

        public func send(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                // MSG_NOSIGNAL: a client that has gone is part of some tests.
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }

        /// The body of the request, whose length is known from its header fields.
        public func readBody(_ length: Int) -> [UInt8] {
            var body = bodyBeginning
            var buffer = [UInt8](repeating: 0, count: 65536)
            while body.count < length {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                body += buffer.prefix(count)
            }
            return body
        }

        /// Whether the client closes the connection within some time.
        public func isClosed(within seconds: Int) -> Bool {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) == 0
        }
    }

    public let port: Int
    private let listener: Int32

    /// Starts to listen; each connection gets a thread, and is closed when `script` returns.
    public init(readsRequest: Bool = true, _ script: @escaping @Sendable (Connection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            guard bind(listener, base, length) == 0, listen(listener, 128) == 0 else { return -1 }
            return getsockname(listener, base, &length)
        }
        guard bound == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                Thread.detachNewThread {
                    let (head, rest) = readsRequest ? ScriptedServer.readHead(descriptor) : ("", [])
                    script(Connection(descriptor: descriptor, request: head, bodyBeginning: rest))
                    close(descriptor)
                }
            }
            // Closed by whoever uses it: a number that is free again may be another's while this thread still waits.
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// The header fields, and what was received after them.
    private static func readHead(_ descriptor: Int32) -> (head: String, rest: [UInt8]) {
        let end = Data("\r\n\r\n".utf8)
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while data.range(of: end) == nil {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            data += buffer.prefix(count)
        }
        let range = data.range(of: end) ?? data.endIndex..<data.endIndex
        return (String(decoding: data[..<range.upperBound], as: UTF8.self), [UInt8](data[range.upperBound...]))
    }
}
