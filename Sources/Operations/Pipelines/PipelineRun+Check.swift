import Foundation
import Glibc
import StageInterface
import Storage

/// What would fail only after earlier stages have taken their time and money, found before the first one runs.
extension PipelineRun {
    /// - Parameter only: the one stage that runs; nil for all.
    /// - Throws: `StageFailure` with every problem.
    func check(only: String? = nil) throws {
        var problems: [String] = []
        var written: [String] = []
        for stage in pipeline.stages where only == nil || only == stage.name {
            let texts = try texts(of: stage)
            problems +=
                (programProblems(of: stage) + pathProblems(of: stage, texts)
                + readProblems(of: stage, written) + writeProblems(of: stage, texts)).map {
                    "stage \(stage.name): \($0)"
                }
            written += stage.writes
        }
        guard !problems.isEmpty else { return }
        throw StageFailure(
            .badInput, problems.map { "\(pipeline.path): \($0)" }.joined(separator: "\n"),
            hint: "nothing was run; paths are relative to \(FileManager.default.currentDirectoryPath)")
    }

    /// The arguments as far as they are known.
    private func texts(of stage: StageDefinition) throws -> [String] {
        let substitution = Substitution(values: standingValues, unknown: .stays)
        return try substitution.apply(
            to: stage.program.arguments + (stage.service?.arguments ?? []), place: "stage \(stage.name), arguments")
    }

    private func programProblems(of stage: StageDefinition) -> [String] {
        [stage.program.run, stage.service?.run].compactMap { $0 }.filter { processes.path(of: $0) == nil }.map {
            "\($0): no such program beside retort or on the PATH, expected an executable"
        }
    }

    /// Paths in the workspace that the file names, where the run has another.
    private func pathProblems(of stage: StageDefinition, _ arguments: [String]) -> [String] {
        let own = Path(pipeline.ownWorkspace), now = Path(pipeline.workspace)
        guard own != now else { return [] }
        func problems(_ key: String, _ texts: [String]) -> [String] {
            texts.filter { text in
                let path = Path(text.split(separator: "=").last.map(String.init) ?? text)
                return own.contains(path) && !now.contains(path)
            }.map {
                "\(key): \($0) is in the workspace \(pipeline.ownWorkspace), and this run's is \(pipeline.workspace), "
                    + "expected a path that begins with ${workspace}"
            }
        }
        return problems("reads", stage.reads) + problems("writes", stage.writes) + problems("arguments", arguments)
    }

    private func readProblems(of stage: StageDefinition, _ written: [String]) -> [String] {
        stage.reads.compactMap { read in
            let path = Path(read)
            if written.contains(where: { Path($0).contains(path) || path.contains(Path($0)) }) { return nil }
            var status = Glibc.stat()
            guard stat(read, &status) == 0 else {
                return "reads: \(read): no such file or folder, and no stage before it writes it"
            }
            let kind = status.st_mode & S_IFMT
            return kind == S_IFREG || kind == S_IFDIR ? nil : "reads: \(read): no file and no folder, expected either"
        }
    }

    /// Our executables write what their arguments name, and nothing else that a pipeline can hold them to.
    private func writeProblems(of stage: StageDefinition, _ arguments: [String]) -> [String] {
        guard stage.program.isOfRetort, !arguments.contains(where: { $0.contains("${") }) else { return [] }
        let named = arguments.map { Path($0.split(separator: "=").last.map(String.init) ?? $0) }
        return stage.writes.filter { write in
            let path = Path(write)
            return !named.contains { $0.contains(path) || path.contains($0) }
        }.map { "writes: \($0): no argument of the stage names it, expected what it is told to write" }
    }
}

/// A path as a list of names, to compare places that may not be there yet.
private struct Path: Equatable {
    private let names: [String]

    init(_ path: String) {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        names = url.pathComponents.filter { $0 != "/" }
    }

    /// Whether the other one is this place, or below it.
    func contains(_ other: Path) -> Bool { other.names.starts(with: names) }
}
