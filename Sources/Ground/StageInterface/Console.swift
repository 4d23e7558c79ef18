import Foundation
import PlainText
import Storage
import Synchronization

/// The one door for output: data to stdout, talk to stderr.
///
/// What is printed for people may quote names, reasons and texts of strangers. It shows their control characters instead of
/// sending them to a terminal, and a line stays one line, so that none can forge another.
public final class Console: Sendable {
    public enum Verbosity: Sendable { case quiet, normal, verbose }

    private let verbosity: Verbosity
    private let printsData: Bool
    private let terminal = Terminal(STDERR_FILENO)
    /// Whether a progress line stands on the terminal, when progress was last shown, and why data could not be printed.
    private let state = Mutex(
        (isProgressShown: false, shownAt: ContinuousClock.Instant?.none, lost: StorageError?.none))

    /// - Parameter printsData: false when stdout belongs to a JSON report.
    public init(verbosity: Verbosity = .normal, printsData: Bool = true) {
        self.verbosity = verbosity
        self.printsData = printsData
    }

    /// Whether human-readable data may be printed on stdout.
    public var isDataShown: Bool { printsData }

    /// A line of what was asked for, on stdout; dropped when stdout belongs to a JSON report.
    public func data(_ line: String) { if printsData { print(line.escaped() + "\n") } }

    /// What was asked for, where it is not a line: as it is for files and pipes, shown like a line on a terminal.
    public func data(exactly text: String) {
        guard printsData else { return }
        print(isatty(STDOUT_FILENO) == 1 ? text.escaped(keepingLines: true) : text)
    }

    /// What a run came to, a line or a table, on stdout for people: dropped by `--quiet`, too.
    public func summary(_ lines: String) {
        if printsData, verbosity != .quiet { print(lines.escaped(keepingLines: true) + "\n") }
    }

    /// The JSON report.
    func report(_ json: String) { print(json + "\n") }

    /// Why stdout did not take all data; nil where it did.
    var lostData: StorageError? { state.withLock { $0.lost } }

    /// A line of talk.
    public func say(_ line: String) { if verbosity != .quiet { talk(line.escaped()) } }

    /// A line that only `--verbose` shows.
    public func detail(_ line: String) { if verbosity == .verbose { talk(line.escaped()) } }

    /// A line that even `--quiet` shows.
    public func warn(_ line: String) { talk("warning: \(line.escaped())") }

    /// The message of a failure and its hint. Of several lines, as faults that were collected have, only the first begins one.
    public func fail(_ failure: StageFailure) {
        func inset(_ text: String) -> String {
            text.escaped(keepingLines: true).replacing(/\n(?!  )/, with: "\n  ")
        }
        talk("error: \(inset(failure.description))")
        if let hint = failure.hint { talk("hint: \(inset(hint))") }
    }

    /// One line that replaces itself on a terminal (four times a second), and otherwise is said every ten seconds.
    ///
    /// On a terminal it is cut to the width that the window has now, and gone when something else is printed. Parts stand
    /// two spaces apart, the important ones first: whole parts are left out before one is cut.
    ///
    /// - Parameter isLast: shows the line whatever the clock says.
    public func progress(_ line: @autoclosure () -> String, isLast: Bool = false) {
        guard verbosity != .quiet else { return }
        let interval: Duration = terminal != nil ? .milliseconds(250) : .seconds(10)
        state.withLock { state in
            let now = ContinuousClock.now
            if let shownAt = state.shownAt, !isLast, now - shownAt < interval { return }
            state.shownAt = now
            guard let terminal else { return Console.put(line().escaped() + "\n", STDERR_FILENO) }
            // One column stays free: a terminal may go on to the next line when the last one is written to.
            Console.put(terminal.lineStart + line().fitted(to: terminal.columns - 1), STDERR_FILENO)
            state.isProgressShown = true
        }
    }

    /// Takes a progress line that still stands on the terminal away.
    func end() { state.withLock { clear(&$0.isProgressShown) } }

    private func clear(_ isProgressShown: inout Bool) {
        if isProgressShown, let terminal { Console.put(terminal.lineStart, STDERR_FILENO) }
        isProgressShown = false
    }

    private func talk(_ line: String) {
        state.withLock { state in
            clear(&state.isProgressShown)
            Console.put(line + "\n", STDERR_FILENO)
        }
    }

    /// A reader that went away (a closed pipe) is no reason to fail a stage that has done its work; a full disk is.
    private func print(_ text: String) {
        state.withLock { state in
            clear(&state.isProgressShown)
            do {
                try FileHandle.standardOutput.writeAll(text.utf8)
            } catch let error as StorageError where error.code == EPIPE {
            } catch {
                state.lost =
                    state.lost ?? StorageError(.device, "standard output: \(error), expected it to take the data")
            }
        }
    }

    /// Talk that nobody hears stops nothing.
    private static func put(_ text: String, _ descriptor: Int32) {
        try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).writeAll(text.utf8)
    }
}
