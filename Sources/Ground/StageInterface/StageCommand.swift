import ArgumentParser
import Foundation

/// An executable of Retort: parses options, does one thing, reports.
///
/// Conformers implement ``perform(_:)``; errors, exit status, timing, memory and the JSON report are handled here.
public protocol StageCommand: RootCommand {
    var options: StageOptions { get }

    /// Does the work. Returns the report, or nil where there is nothing to report beyond what was printed.
    func perform(_ console: Console) async throws -> StageReport?
}

/// The version that `--version` prints.
public let retortVersion = "0.1.0"

extension StageCommand {
    /// The name as it is typed, for reports.
    public static var commandName: String { configuration.commandName ?? _commandName }

    public func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // A file that grows past the process's limit is its writer's error, as a full disk is.
        signal(SIGXFSZ, SIG_IGN)
        Interruption.listen()
        MappedFileFault.listen()
        MemoryLimit.listen()
        let console = options.makeConsole()
        let startedAt = Date()
        let start = ContinuousClock.now
        var report: StageReport?
        var status = ExitStatus.done
        func fail(_ error: any Error) {
            let failure = StageFailure(error)
            // A pipeline reads the failure in the report, and says it with the stage's name.
            if !(options.json && Interruption.isStageOfPipeline) { console.fail(failure) }
            status = failure.status
            report = StageReport(stage: Self.commandName)
            report?.status = "failed"
            report?.failure = .init(failure)
            report?.figures = failure.figures
        }
        do {
            report = try await perform(console)
            if let lost = console.lostData { throw lost }
        } catch let code as ExitCode {
            throw code
        } catch {
            fail(error)
        }
        console.end()
        if options.json, var report {
            report.startedAt = startedAt
            report.seconds = start.duration(to: .now) / .seconds(1)
            report.peakMemoryBytes = ProcessUsage.peakMemoryBytes
            for (name, value) in report.figures.sorted(by: { $0.key < $1.key }) where !value.isFinite {
                console.warn("\(name): \(value), expected a number; left out of the report")
                report.figures[name] = nil
            }
            console.report(try report.json())
            if status == .done, let lost = console.lostData { fail(lost) }
        }
        if status != .done { throw ExitCode(status.rawValue) }
    }
}
