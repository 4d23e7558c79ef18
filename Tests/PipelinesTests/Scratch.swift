import Foundation
import Pipelines
import StageInterface
import Storage
import TestSupport

/// A folder of its own for one test, with stages that are small shell programs.
struct Scratch {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    var path: String { folder.path }

    func file(_ name: String, _ text: String) throws -> String { try folder.write(name, text) }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    /// A program that runs `body` and prints a report with the given outputs. Each run adds a line to `<name>.runs`.
    func stage(_ name: String, body: String = "", outputs: String = "{}", exit status: Int = 0) throws {
        let report = """
            {"stage":"\(name)","status":"done","started_at":"2026-01-05T00:00:00Z","seconds":1.5,\
            "peak_memory_bytes":2097152,"inputs":{},"outputs":\(outputs),"counts":{"rows":3},"figures":{"accuracy":0.5}}
            """
        let program = try file(
            name, "#!/bin/sh\necho \"$@\" >> \(path)/\(name).runs\n\(body)\necho '\(report)'\nexit \(status)\n")
        chmod(program, 0o755)
    }

    func runs(_ name: String) -> Int {
        (try? text("\(name).runs").split(separator: "\n").count) ?? 0
    }

    /// A pipeline file with these stages, read back.
    func pipeline(_ stages: String) throws -> PipelineRun {
        let file = try file(
            "pipeline.yaml", "name: test\nworkspace: \(path)/workspace\nstages:\n\(stages)")
        return try PipelineRun(try PipelineDefinition(path: file), executables: path)
    }

    let console = Console(verbosity: .quiet, printsData: false)
}
