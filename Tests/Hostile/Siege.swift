import Foundation
import HTTPTransport
import Testing
import TestSupport

/// A server under the limits of `prlimit`, and the question whether it is still well: alive, answering others at once,
/// without a fault of its own, and no larger than before.
struct Siege {
    static let model = "retort-base-6m-f16"

    let server: Server
    private let folder: ScratchFolder
    private let memoryAtFirst: Int
    private let descriptorsAtFirst: Int

    init(_ flags: String..., limits: [String], in folder: ScratchFolder) async throws {
        self.folder = folder
        server = try await Server(
            ["--base", Checkout.base, "--workspace", folder.file("workspace")] + flags, limits: limits)
        // What is made at the first request is no growth.
        let siege = (server, Siege.completion)
        for _ in 0..<3 { #expect(try await siege.0.send("POST", "/v1/completions", body: siege.1).status == 200) }
        memoryAtFirst = try server.memoryByteCount
        descriptorsAtFirst = try server.descriptorCount
    }

    static let completion = Array(#"{"model":"\#(model)","prompt":"where is my parcel","max_tokens":2}"#.utf8)

    static func post(_ body: some Collection<UInt8>, _ fields: String = "") -> [UInt8] {
        let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\n\(fields)content-length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    /// The processor's seconds aside, another client's time for `/healthz` on a connection of its own.
    func healthTime() throws -> Duration {
        let start = ContinuousClock.now
        let other = try RawConnection(server.url)
        other.send("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        #expect(other.read().hasPrefix("HTTP/1.1 200 OK"), "\(other.received)")
        return ContinuousClock.now - start
    }

    /// - Parameter growth: the bytes that the server may have grown by since its start.
    func expectWell(after what: String, growth: Int = 64 << 20) async throws {
        let errors = try server.errors.suffix(1000)
        try #require(server.process.isRunning, "\(what): the server ended: \(errors)")
        // The middle one of several: other processes use the processors, too.
        let times = try (0..<5).map { _ in try healthTime() }.sorted()
        #expect(times[2] < .milliseconds(100), "\(what): \(times)")
        let reply = try await server.send("POST", "/v1/completions", body: Siege.completion)
        #expect(reply.status == 200, "\(what)")
        #expect(!errors.contains("failed: "), "\(what): \(errors)")
        let memory = try server.memoryByteCount
        #expect(memory < memoryAtFirst + growth, "\(what): from \(memoryAtFirst >> 20) to \(memory >> 20) MiB")
    }

    /// Waits until all connections of earlier clients are gone; false after half a minute.
    func descriptorsAreGivenBack() async throws -> Bool {
        for _ in 0..<3000 {
            if try server.descriptorCount <= descriptorsAtFirst + 4 { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
