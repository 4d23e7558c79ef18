import Foundation
import Storage
import Synchronization

/// The one door for output: data to stdout, talk to stderr.
public final class Console: Sendable {
    public enum Verbosity: Sendable { case quiet, normal, verbose }

    private let verbosity: Verbosity
    private let printsData: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    /// The length of the progress line that stands on the terminal, when progress was last shown, and why data could
    /// not be printed.
    private let state = Mutex((width: 0, shownAt: ContinuousClock.Instant?.none, lost: StorageError?.none))

    /// - Parameter printsData: false when stdout belongs to a JSON report.
    public init(verbosity: Verbosity = .normal, printsData: Bool = true) {
        self.verbosity = verbosity
        self.printsData = printsData
    }

    /// Whether human-readable data may be printed on stdout.
    public var isDataShown: Bool { printsData }

    /// A line of data for stdout; dropped when stdout belongs to a JSON report.
    public func data(_ line: String) { if printsData { print(line + "\n") } }

    /// Data for stdout that is not a line; dropped likewise.
    public func data(exactly text: String) { if printsData { print(text) } }

    /// The JSON report.
    func report(_ json: String) { print(json + "\n") }

    /// Why stdout did not take all data; nil where it did.
    var lostData: StorageError? { state.withLock { $0.lost } }

    /// A line of talk.
    public func say(_ line: String) { if verbosity != .quiet { talk(line) } }

    /// A line that only `--verbose` shows.
    public func detail(_ line: String) { if verbosity == .verbose { talk(line) } }

    /// A line that even `--quiet` shows.
    public func warn(_ line: String) { talk("warning: \(line)") }

    /// The message of a failure and its hint.
    public func fail(_ failure: StageFailure) {
        talk("error: \(failure.description)")
        if let hint = failure.hint { talk("hint: \(hint)") }
    }

    /// One line that replaces itself on a terminal (four times a second), and otherwise is said every ten seconds.
    public func progress(_ line: @autoclosure () -> String, isLast: Bool = false) {
        guard verbosity != .quiet else { return }
        let interval: Duration = isTerminal ? .milliseconds(250) : .seconds(10)
        state.withLock { state in
            let now = ContinuousClock.now
            if let shownAt = state.shownAt, !isLast, now - shownAt < interval { return }
            state.shownAt = now
            let text = line()
            if isTerminal {
                let padding = String(repeating: " ", count: max(0, state.width - text.count))
                Console.put("\r\(text)\(padding)\(isLast ? "\n" : "")", STDERR_FILENO)
                state.width = isLast ? 0 : text.count
            } else {
                Console.put(text + "\n", STDERR_FILENO)
            }
        }
    }

    private func talk(_ line: String) {
        state.withLock { state in
            if state.width > 0 { Console.put("\n", STDERR_FILENO) }
            state.width = 0
            Console.put(line + "\n", STDERR_FILENO)
        }
    }

    /// A reader that went away (a closed pipe) is no reason to fail a stage that has done its work; a full disk is.
    private func print(_ text: String) {
        do {
            try FileHandle.standardOutput.writeAll(text.utf8)
        } catch let error as StorageError where error.code == EPIPE {
        } catch {
            state.withLock {
                $0.lost = $0.lost ?? StorageError(.device, "standard output: \(error), expected it to take the data")
            }
        }
    }

    /// Talk that nobody hears stops nothing.
    private static func put(_ text: String, _ descriptor: Int32) {
        try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).writeAll(text.utf8)
    }
}
