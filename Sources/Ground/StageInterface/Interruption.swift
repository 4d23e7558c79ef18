import Foundation
import Glibc
import Synchronization

/// Turns ^C and SIGTERM into a question that long work asks between two steps.
///
/// The first signal asks the work to keep its state and stop; a second one ends the process as usual.
public enum Interruption {
    private static let requested = Atomic(false)

    /// Whether somebody asked for the work to stop.
    public static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Throws the failure that an interrupted stage ends with (exit 75).
    public static func check() throws {
        if isRequested {
            throw StageFailure(.tryLater, "interrupted", hint: "run the same command again to go on")
        }
    }

    /// The variable that tells a process which one it must not outlive: a pipeline's run, for its stages.
    public static let parentVariable = "RETORT_PARENT_PROCESS"

    /// The process that started this one and that it must not outlive; nil where another did, as a shell between the two.
    private static var parent: pid_t? {
        ProcessInfo.processInfo.environment[parentVariable].flatMap { pid_t($0) }.flatMap { $0 == getppid() ? $0 : nil }
    }

    /// Whether a pipeline's run started this process and reads its report.
    static var isStageOfPipeline: Bool { parent != nil }

    /// Starts to listen. Called once, by ``StageCommand``, before any work.
    static func listen() {
        // The first access initializes the flag, which a signal handler must not do.
        guard !isRequested else { return }
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Interruption.requested.exchange(true, ordering: .relaxed) { _exit(128 + number) }
            }
        }
        if let parent { stopWithout(parent) }
    }

    /// Sends this process the signal that asks it to stop as soon as the one that started it is gone.
    private static func stopWithout(_ parent: pid_t) {
        Thread.detachNewThread {
            while getppid() == parent { usleep(500_000) }
            kill(getpid(), SIGTERM)
        }
    }
}
