import ServiceLifecycle
import UnixSignals

/// Turns SIGHUP, which would end the process, into what servers do on it: open their logs anew, so that a log that was
/// moved away is let go.
struct HangupListener: Service {
    let say: @Sendable (String) -> Void
    let reopen: @Sendable () throws -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                do {
                    try reopen()
                    say("SIGHUP: the decision log is opened anew")
                } catch {
                    say("SIGHUP: the decision log could not be opened anew, and goes on as it was: \(error)")
                }
            }
        }
    }
}
