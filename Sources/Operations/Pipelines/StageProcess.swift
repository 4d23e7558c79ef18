import Foundation
import Glibc
import StageInterface
import Storage
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs the executables of a pipeline, in process groups of their own so that one signal reaches each once.
struct StageProcess {
    /// Where executables are looked for before the PATH.
    var directory: String

    /// Where a program lies: at its own path, or beside `retort`, or on the PATH; nil where it is in no such place.
    func path(of program: String) -> String? {
        let search = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        let places = program.contains("/") ? [program] : ([directory] + search).map { "\($0)/\(program)" }
        return places.first { path in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
                && FileManager.default.isExecutableFile(atPath: path)
        }
    }

    private func configuration(_ program: String, _ arguments: [String]) -> Configuration {
        let executable: Executable = path(of: program).map { .path(FilePath($0)) } ?? .name(program)
        var options = PlatformOptions()
        options.processGroupID = 0
        return Configuration(
            executable: executable, arguments: Arguments(arguments),
            environment: .inherit.updating([Environment.Key(stringLiteral: Interruption.parentVariable): "\(getpid())"]
            ),
            platformOptions: options)
    }

    /// Runs a stage to its end and gives its report; a stage that fails throws with its own exit status and words.
    func run(_ program: String, _ arguments: [String], name: String) async throws -> StageReport {
        let result: ExecutionResult<[UInt8], SequenceOutput, FileDescriptorOutput>
        do {
            result = try await Subprocess.run(
                configuration(program, arguments), input: .none, output: .sequence, error: .currentStandardError
            ) { execution in
                let watch = Self.watch(execution.processIdentifier.value)
                defer { watch.cancel() }
                var output: [UInt8] = []
                for try await buffer in execution.standardOutput {
                    buffer.withUnsafeBytes { output.append(contentsOf: $0) }
                }
                return output
            }
        } catch let error as SubprocessError {
            throw StageFailure(
                .badInput, "stage \(name): cannot run \(program): \(error)",
                hint: "build it first: make build")
        }
        let line = result.closureResult.split(separator: UInt8(ascii: "\n")).last ?? []
        let report = try? StageReport(parsing: Data(line))
        switch result.terminationStatus {
        case .exited(0):
            guard let report else {
                throw StageFailure(
                    .ourFault, "stage \(name): \(program) printed no report on standard output",
                    hint: "the last line that it prints is its report, one JSON object: retort schema report")
            }
            guard report.status == "done" else {
                throw StageFailure(
                    .ourFault,
                    "stage \(name): \(program) ended with exit 0 and reports the status '\(report.status)', expected done"
                        + (report.failure.map { ": \($0.message)" } ?? ""), hint: report.failure?.hint)
            }
            return report
        case .exited(let code):
            // A stage of ours leaves it to the report to say what failed.
            var failure = StageFailure(
                ExitStatus(rawValue: code) ?? .ourFault,
                "stage \(name) failed: \(report?.failure?.message ?? "\(program) ended with exit \(code)")",
                hint: report?.failure?.hint)
            failure.figures = report?.figures ?? [:]
            throw failure
        case .signaled(let signal):
            throw StageFailure(
                Interruption.isRequested ? .tryLater : .ourFault,
                "stage \(name): \(program) was ended by signal \(signal)", hint: "run it again to go on")
        }
    }

    /// Runs a program beside a body of work: waits for the one JSON line with which it announces itself, gives its
    /// members to the body, and ends it afterwards.
    func withService<Result: Sendable>(
        _ program: String, _ arguments: [String], name: String,
        _ body: @escaping @Sendable ([String: String]) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await Subprocess.run(
                configuration(program, arguments), input: .none, output: .sequence, error: .currentStandardError
            ) { execution in
                let (announcements, continuation) = AsyncStream<[UInt8]>.makeStream()
                // Read to the end: a service that goes on to talk would stop at a full pipe.
                let reader = Task {
                    defer { continuation.finish() }
                    var begun: [UInt8] = []
                    var isAnnounced = false
                    for try await buffer in execution.standardOutput where !isAnnounced {
                        buffer.withUnsafeBytes { begun.append(contentsOf: $0) }
                        guard let end = begun.firstIndex(of: UInt8(ascii: "\n")) else { continue }
                        continuation.yield(Array(begun[..<end]))
                        isAnnounced = true
                    }
                }
                func end() async {
                    // Its group: behind a script, the script alone would go.
                    await execution.teardown(
                        using: [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(5))])
                    reader.cancel()
                    _ = await reader.result
                }
                do {
                    let watch = Self.watch(execution.processIdentifier.value)
                    let line = await announcements.first { _ in true }
                    watch.cancel()
                    try Interruption.check()
                    let values = try Self.members(line, program: program, name: name)
                    let result = try await body(values)
                    await end()
                    return result
                } catch {
                    await end()
                    throw error
                }
            }
            return result.closureResult
        } catch let error as SubprocessError {
            throw StageFailure(.badInput, "stage \(name): cannot run its service \(program): \(error)")
        }
    }

    /// Passes an interruption on to all of a process's group: behind a script, the script alone would go.
    private static func watch(_ pid: pid_t) -> Task<Void, any Error> {
        Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(100))
                if Interruption.isRequested {
                    kill(-pid, SIGTERM)
                    return
                }
            }
        }
    }

    /// - Parameter line: what the service said first; nil where it ended before it had said a line.
    private static func members(_ line: [UInt8]?, program: String, name: String) throws -> [String: String] {
        let hint = "run it by hand to see why: it prints one JSON line when it is ready"
        guard let line else {
            throw StageFailure(
                .badInput, "stage \(name): its service \(program) ended without announcing itself", hint: hint)
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
            let said = String(decoding: line.prefix(60), as: UTF8.self)
            throw StageFailure(
                .badInput, "stage \(name): its service \(program) said '\(said)', expected one JSON object on a line",
                hint: hint)
        }
        return object.mapValues { "\($0)" }
    }
}
