import Foundation
import Glibc
import Synchronization

/// Turns ^C and SIGTERM into a question that long work asks between two steps.
///
/// The first signal asks the work to keep its state and stop; a second one ends the process as usual.
public enum Interruption {
    private static let requested = Atomic(false)

    /// The process that `RETORT_PARENT_PROCESS` names: a pipeline's run, without which its stages must not go on.
    private static let parent = ProcessInfo.processInfo.environment["RETORT_PARENT_PROCESS"].flatMap { pid_t($0) }

    /// Whether somebody asked for the work to stop, or the run that it belongs to is gone.
    public static var isRequested: Bool {
        if requested.load(ordering: .relaxed) { return true }
        guard let parent else { return false }
        return getppid() != parent
    }

    /// Throws the failure that an interrupted stage ends with (exit 75).
    public static func check() throws {
        if isRequested {
            throw StageFailure(.tryLater, "interrupted", hint: "run the same command again to go on")
        }
    }

    /// Starts to listen. Called once, by ``StageCommand``, before any work.
    static func listen() {
        // The first access initializes the flag, which a signal handler must not do.
        guard !isRequested else { return }
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Interruption.requested.exchange(true, ordering: .relaxed) { _exit(128 + number) }
            }
        }
    }
}
