public import Foundation
public import StageInterface
import Storage

/// What one run of a pipeline did, kept in the workspace as `runs/<start>.json`.
public struct PipelineReport: Codable, Sendable {
    /// One stage of the run.
    public struct Entry: Codable, Sendable {
        public var name: String
        public var isSkipped: Bool
        public var report: StageReport

        private enum CodingKeys: String, CodingKey {
            case name, report
            case isSkipped = "skipped"
        }
    }

    public var format = "retort.pipeline-run/1"
    public var pipeline: String
    public var startedAt = Date()
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

    mutating func add(_ name: String, _ report: StageReport, isSkipped: Bool) {
        stages.append(Entry(name: name, isSkipped: isSkipped, report: report))
    }

    mutating func fail(_ name: String, _ failure: StageFailure) {
        self.failure = .init(failure)
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

    mutating func finish() { seconds = Date().timeIntervalSince(startedAt) }

    static func directory(_ pipeline: PipelineDefinition) -> String {
        "\(pipeline.workspace)/pipelines/\(pipeline.name)/runs"
    }

    func save(of pipeline: PipelineDefinition) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let name = startedAt.formatted(.iso8601.timeSeparator(.omitted))
        try AtomicFile.write(try encoder.encode(self), to: "\(Self.directory(pipeline))/\(name).json")
    }

    /// The newest run of a pipeline; nil before the first.
    public static func latest(of pipeline: PipelineDefinition) throws -> PipelineReport? {
        let directory = directory(pipeline)
        guard FileManager.default.fileExists(atPath: directory) else { return nil }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        guard let newest = names.filter({ $0.hasSuffix(".json") }).max() else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(
            PipelineReport.self, from: try FileHandle(readingFrom: "\(directory)/\(newest)").readToEnd() ?? Data())
    }
}
