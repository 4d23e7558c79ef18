import Foundation
import JSON
import Testing
import TestSupport

/// Clients that hold what they were given: connections, bodies, answers.
@Suite(.serialized, .ownThreads)
struct HostileClientsTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func crowd(_ count: Int, _ siege: Siege, sending text: String) throws -> [RawConnection] {
        try (0..<count).map { _ in
            let connection = try RawConnection(siege.server.url)
            connection.send(text)
            return connection
        }
    }

    /// With 64 files, a hundred clients that say nothing, half a head or a bit of a body hold nobody else up.
    @Test func aHundredSilentClientsLeaveRoomForAnother() async throws {
        let siege = try await Siege(limits: ["--nofile=64:64"], in: folder)
        for (name, text) in [
            ("nothing", ""), ("half a head", "GET /healthz HT"),
            ("a bit of a body", "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"),
        ] {
            let crowd = try crowd(100, siege, sending: text)
            // Bodies that come have a second to come.
            try await Task.sleep(for: .milliseconds(1200))
            let before = try siege.server.processorTime
            try await Task.sleep(for: .seconds(1))
            #expect(try siege.server.processorTime - before < 0.3, "\(name): idle connections burn a core")
            try await siege.expectWell(after: name)
            withExtendedLifetime(crowd) {}
        }
        let connections = try await siege.server.get("/healthz")["connections"]
        #expect(connections?["displaced"]?.integerValue ?? 0 > 100)
        #expect(try await siege.descriptorsAreGivenBack())
    }

    @Test func bodiesThatNeverEndHoldBoundedMemory() async throws {
        let siege = try await Siege("--client-timeout", "3", limits: ["--nofile=256:256"], in: folder)
        let part = Siege.post([UInt8](repeating: 0x20, count: 4 << 20)).dropLast(1000)
        let crowd = try (0..<60).map { _ in try RawConnection(siege.server.url) }
        await withTaskGroup(of: Void.self) { group in
            for connection in crowd {
                let sender = Sender(connection: connection)
                group.addTask { sender.connection.send(Array(part)) }
            }
        }
        try await siege.expectWell(after: "60 open bodies", growth: 192 << 20)
        // A byte now and then keeps none of them.
        let slow = try RawConnection(siege.server.url)
        slow.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
        let start = ContinuousClock.now
        while slow.read(within: 0.5).isEmpty, ContinuousClock.now - start < .seconds(60) { slow.send(" ") }
        #expect(slow.received.hasPrefix("HTTP/1.1 408 "))
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(try await siege.descriptorsAreGivenBack())
        withExtendedLifetime(crowd) {}
    }

    /// Clients that ask and ask and never read: the server stops reading, too, and cuts them off.
    @Test func whoTakesNothingOfItsAnswersIsCutOff() async throws {
        let siege = try await Siege("--client-timeout", "2", limits: ["--nofile=256:256"], in: folder)
        let request = "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
        let flood = Array(String(repeating: request, count: 400_000).utf8)
        let crowd = try (0..<8).map { _ in
            Sender(connection: try RawConnection(siege.server.url, receiveBufferSize: 2048))
        }
        await withTaskGroup(of: Bool.self) { group in
            for sender in crowd { group.addTask { sender.connection.send(flood) } }
            // Requests that come at once take turns with another client's.
            let times = (0..<15).compactMap { _ in try? siege.healthTime() }.sorted()
            #expect(times.count == 15 && times[7] < .milliseconds(300), "\(times)")
            for await isTaken in group { #expect(!isTaken, "a client that never reads was read to its end") }
        }
        try await siege.expectWell(after: "clients that take no answer")
        #expect(try await siege.descriptorsAreGivenBack())
    }

    @Test func tenThousandConnectionsLeaveNothingBehind() async throws {
        let siege = try await Siege(limits: ["--nofile=128:128"], in: folder)
        for number in 0..<10_000 {
            let connection = try RawConnection(siege.server.url)
            switch number % 4 {
            case 0: break
            case 1: connection.send("GET /hea")
            case 2: connection.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
            default:
                connection.send("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                #expect(connection.read().hasPrefix("HTTP/1.1 200 OK"), "\(number)")
            }
        }
        #expect(try await siege.descriptorsAreGivenBack())
        try await siege.expectWell(after: "10000 connections", growth: 32 << 20)
        let errors = try siege.server.errors.split(separator: "\n")
        #expect(errors.count < 5, "a client that leaves is no line of the log: \(errors.prefix(5))")
    }

    /// Hands a connection to the one task that uses it meanwhile.
    private struct Sender: @unchecked Sendable {
        // Sendable holds: the crowd's owner waits for the task before it touches the connection again.
        let connection: RawConnection
    }
}
