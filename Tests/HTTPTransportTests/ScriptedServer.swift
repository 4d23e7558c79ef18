import Foundation
import Glibc

/// A server on loopback that reads one request per connection, if wanted, and then does exactly what a test says.
final class ScriptedServer: Sendable {
    /// One accepted connection, its request read up to the end of the header fields.
    struct Connection: Sendable {
        let descriptor: Int32
        let request: String

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            // MSG_NOSIGNAL: a client that has gone is part of some tests.
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// Whether the client closes the connection within some time.
        func isClosed(within seconds: Int) -> Bool {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) == 0
        }
    }

    let port: Int
    private let listener: Int32

    /// Starts to listen; each connection gets a thread, and is closed when `script` returns.
    init(readsRequest: Bool = true, _ script: @escaping @Sendable (Connection) -> Void) throws {
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
                guard descriptor >= 0 else { return }
                Thread.detachNewThread {
                    let request = readsRequest ? ScriptedServer.readHead(descriptor) : ""
                    script(Connection(descriptor: descriptor, request: request))
                    close(descriptor)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    private static func readHead(_ descriptor: Int32) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        return text
    }
}
