public import Foundation
public import StageInterface
import Storage

/// What one run of a pipeline did, kept in the workspace as `runs/<start>.json`.
public struct PipelineReport: Codable, Sendable {
    /// One stage of the run.
    public struct Entry: Codable, Sendable {
        public enum Outcome: String, Codable, Sendable { case done, skipped, failed }

        public var name: String
        public var outcome: Outcome
        public var report: StageReport

        public var isSkipped: Bool { outcome == .skipped }
    }

    public var format = "retort.pipeline-run/2"
    public var pipeline: String
    public var startedAt = Date()
    /// The same moment on a clock that nobody sets.
    private var start = ContinuousClock.now
    public var seconds = 0.0
    public var stages: [Entry] = []
    /// Why the run ended early, if it did.
    public var failure: StageReport.Failure?

    private enum CodingKeys: String, CodingKey {
        case format, pipeline, seconds, stages, failure
        case startedAt = "started_at"
    }

    init(pipeline: String) { self.pipeline = pipeline }

    /// The stage of the run with this name.
    public func stage(_ name: String) -> StageReport? { stages.first { $0.name == name }?.report }

    mutating func add(_ name: String, _ report: StageReport, _ outcome: Entry.Outcome) {
        stages.append(Entry(name: name, outcome: outcome, report: report))
    }

    /// Ends the run with a stage that failed; what its failure tells of money and the like stays.
    mutating func fail(_ stage: StageDefinition, _ failure: StageFailure, seconds: Double) {
        self.failure = .init(failure)
        var report = StageReport(stage: stage.program.run)
        report.status = "failed"
        report.seconds = seconds
        report.figures = failure.figures
        report.failure = self.failure
        add(stage.name, report, .failed)
    }

    /// How the run ended, in a few words.
    public var outcome: String { failure.map { "ended early: \($0.message)" } ?? "done" }

    /// The run as one report of `retort-run`: figures, counts and outputs under `stage.key`.
    public var stageReport: StageReport {
        var report = StageReport(stage: "retort-run")
        report.status = failure == nil ? "done" : "failed"
        report.failure = failure
        for entry in stages {
            for (key, value) in entry.report.outputs { report.outputs["\(entry.name).\(key)"] = value }
            for (key, value) in entry.report.counts { report.counts["\(entry.name).\(key)"] = value }
            for (key, value) in entry.report.figures { report.figures["\(entry.name).\(key)"] = value }
            report.counts["\(entry.name).skipped"] = entry.isSkipped ? 1 : 0
            report.figures["\(entry.name).seconds"] = entry.report.seconds
            report.figures["\(entry.name).peak_memory_bytes"] = Double(entry.report.peakMemoryBytes)
        }
        return report
    }

    mutating func finish() { seconds = start.duration(to: .now) / .seconds(1) }

    static func directory(_ pipeline: PipelineDefinition) -> String {
        "\(pipeline.workspace)/pipelines/\(pipeline.name)/runs"
    }

    func save(of pipeline: PipelineDefinition) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let name = Self.name(
            startedAt.formatted(.iso8601.timeSeparator(.omitted)), after: try Self.names(pipeline).max())
        try AtomicFile.write(try encoder.encode(self), to: "\(Self.directory(pipeline))/\(name)")
    }

    private static func names(_ pipeline: PipelineDefinition) throws -> [String] {
        let directory = directory(pipeline)
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
    }

    /// The name of a run's file: its start, or the newest one's name counted on where that is not earlier. Two runs may
    /// begin within a second, and a clock may be set back; each keeps its file, and the newest is the last.
    package static func name(_ start: String, after newest: String?) -> String {
        guard let newest, newest >= "\(start).json" else { return "\(start).json" }
        let parts = newest.dropLast(".json".count).split(separator: "_")
        let number = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + 1
        return "\(parts[0])_\(String(1_000_000 + number).dropFirst()).json"
    }

    /// The newest run of a pipeline; nil before the first.
    public static func latest(of pipeline: PipelineDefinition) throws -> PipelineReport? {
        guard let newest = try names(pipeline).max() else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let path = "\(directory(pipeline))/\(newest)"
        do {
            return try decoder.decode(
                PipelineReport.self, from: try FileHandle(readingFrom: path).readToEnd() ?? Data())
        } catch is DecodingError {
            throw StorageError(
                .input, "\(path): not a run of a pipeline as this version writes it",
                hint: "retort run \(pipeline.path)")
        }
    }
}
