import CCurl
import Foundation
import Synchronization

/// The thread on which libcurl's multi interface runs, and the inbox through which it is told what to do.
final class TransferLoop: Sendable {
    private enum Command: Sendable {
        case start(Int, HTTPRequest, CheckedContinuation<HTTPResponseHead, any Error>, Transfer.Feed)
        case cancel(Int)
        case close
    }

    /// libcurl's multi handle.
    ///
    /// Unchecked: all functions that take the handle are called on the loop's thread, but for `curl_multi_wakeup`,
    /// which libcurl documents as safe from any thread while the handle lives. The handle is freed by the thread
    /// after it took the last command, ``Command/close``, and after ``isClosed`` was set, so no wake-up follows.
    private struct Multi: @unchecked Sendable { let handle: UnsafeMutableRawPointer }

    private struct Inbox {
        var commands: [Command] = []
        var nextIdentifier = 0
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let multi: Multi?

    init() {
        _ = TransferLoop.globalInitialization
        multi = curl_multi_init().map(Multi.init)
        let thread = Thread { [self] in run() }
        thread.name = "retort-http"
        thread.start()
    }

    /// `curl_global_init` must have run once before anything else of libcurl.
    private static let globalInitialization: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    func makeIdentifier() -> Int {
        inbox.withLock { inbox in
            inbox.nextIdentifier += 1
            return inbox.nextIdentifier
        }
    }

    func start(
        _ identifier: Int, _ request: HTTPRequest, head: CheckedContinuation<HTTPResponseHead, any Error>,
        body: Transfer.Feed
    ) { tell(.start(identifier, request, head, body)) }

    func cancel(_ identifier: Int) { tell(.cancel(identifier)) }

    func close() { tell(.close) }

    private func tell(_ command: Command) {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.commands.append(command)
            if case .close = command { inbox.isClosed = true }
            if let multi { curl_multi_wakeup(multi.handle) }
        }
    }

    // MARK: on the thread

    private func run() {
        guard let multi = multi?.handle else { return refuseAll() }
        var transfers: [Int: Transfer] = [:]
        var isOpen = true
        while isOpen {
            for command in takeCommands() {
                switch command {
                case .start(let identifier, let request, let head, let body):
                    let transfer = Transfer(identifier: identifier, request: request, head: head, body: body)
                    guard let easy = transfer.prepare() else { continue }
                    transfers[identifier] = transfer
                    curl_multi_add_handle(multi, easy)
                case .cancel(let identifier):
                    guard let transfer = transfers.removeValue(forKey: identifier) else { continue }
                    curl_multi_remove_handle(multi, transfer.easy)
                    transfer.finish(throwing: CancellationError())
                case .close: isOpen = false
                }
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var remaining: Int32 = 0
            while let message = curl_multi_info_read(multi, &remaining) {
                guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
                let code = message.pointee.data.result
                let identifier = Int(bitPattern: retort_curl_private(easy))
                guard let transfer = transfers.removeValue(forKey: identifier) else { continue }
                curl_multi_remove_handle(multi, easy)
                transfer.finish(code)
            }
            if isOpen { curl_multi_poll(multi, nil, 0, 60_000, nil) }
        }
        for transfer in transfers.values {
            curl_multi_remove_handle(multi, transfer.easy)
            transfer.finish(throwing: CancellationError())
        }
        transfers.removeAll()
        curl_multi_cleanup(multi)
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    /// libcurl could not even make a multi handle: there is no memory.
    private func refuseAll() {
        while true {
            for command in takeCommands() {
                switch command {
                case .start(_, _, let head, let body):
                    let error = HTTPError(.other, "libcurl cannot start: no memory")
                    body.finish(throwing: error)
                    head.resume(throwing: error)
                case .cancel: continue
                case .close: return
                }
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}
