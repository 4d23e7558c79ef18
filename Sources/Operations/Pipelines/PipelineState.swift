public import Foundation
public import StageInterface
public import Storage

/// What the last successful run of each stage left behind: one JSON file per pipeline in the workspace.
public struct PipelineState: Codable, Sendable {
    /// One stage as it was last done.
    public struct Stage: Codable, Sendable {
        public var fingerprint: Fingerprint
        public var report: StageReport
        /// The digest of each thing that the stage wrote.
        public var writes: [String: ContentDigest]
        public var finishedAt: Date

        private enum CodingKeys: String, CodingKey {
            case fingerprint, report, writes
            case finishedAt = "finished_at"
        }
    }

    public var format = "retort.pipeline-state/1"
    public var stages: [String: Stage] = [:]

    static func path(_ pipeline: PipelineDefinition) -> String {
        "\(pipeline.workspace)/pipelines/\(pipeline.name)/state.json"
    }

    /// The state of a pipeline; empty before its first run.
    public init(of pipeline: PipelineDefinition) throws {
        let path = PipelineState.path(pipeline)
        guard FileManager.default.fileExists(atPath: path) else { return }
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        do {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            self = try decoder.decode(PipelineState.self, from: data)
        } catch {
            throw StorageError(
                .input, "\(path) is not a pipeline state", hint: "delete it; every stage then runs once more")
        }
    }

    func save(of pipeline: PipelineDefinition) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        try AtomicFile.write(try encoder.encode(self), to: PipelineState.path(pipeline))
    }
}
