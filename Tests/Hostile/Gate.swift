import Foundation
import TestSupport

/// Opened once; whoever comes before waits, for two minutes at most.
final class Gate: Sendable {
    private let condition = NSCondition()
    private nonisolated(unsafe) var opened = false

    var isOpen: Bool { condition.withLock { opened } }

    func open() {
        condition.withLock {
            opened = true
            condition.broadcast()
        }
    }

    func wait() {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: 120)
            while !opened, condition.wait(until: end) {}
        }
    }
}

extension RawConnection {
    /// Sends a chat of one message to the model `intent`.
    func ask(_ text: String) {
        let body = #"{"model":"intent","messages":[{"role":"user","content":"\#(text)"}]}"#
        send(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
