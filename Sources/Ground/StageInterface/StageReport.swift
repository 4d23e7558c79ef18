public import Foundation
public import JSON

/// What a stage did, as one JSON object: printed with `--json`, kept for each run of a pipeline.
///
/// `Documentation/Formats/StageReport.md` describes the fields.
public struct StageReport: Codable, Sendable {
    public struct Failure: Codable, Sendable {
        public var message: String
        public var hint: String?
        public var exitStatus: Int32

        public init(_ failure: StageFailure) {
            message = failure.description
            hint = failure.hint
            exitStatus = failure.status.rawValue
        }

        private enum CodingKeys: String, CodingKey {
            case message, hint
            case exitStatus = "exit_status"
        }
    }

    /// The executable's name: `retort-pull`.
    public var stage: String
    /// `done`, `skipped` or `failed`.
    public var status: String
    public var startedAt: Date
    public var seconds: Double
    /// The process's largest resident size, bytes.
    public var peakMemoryBytes: Int
    /// The digest of each thing that was read, by name.
    public var inputs: [String: String]
    /// The digest, or other exact name, of each thing that was made. Later stages build their fingerprints on it.
    public var outputs: [String: String]
    /// Whole numbers worth a table: rows seen, kept, dropped by reason.
    public var counts: [String: Int]
    /// Other measurements, each with its unit in its name: `accuracy`, `spent_usd`, `tokens_per_second`.
    public var figures: [String: Double]
    /// Anything with more structure than a number.
    public var details: JSONValue?
    public var failure: Failure?

    public init(stage: String) {
        self.stage = stage
        status = "done"
        startedAt = Date()
        seconds = 0
        peakMemoryBytes = 0
        inputs = [:]
        outputs = [:]
        counts = [:]
        figures = [:]
    }

    private enum CodingKeys: String, CodingKey {
        case stage, status, seconds, inputs, outputs, counts, figures, details, failure
        case startedAt = "started_at"
        case peakMemoryBytes = "peak_memory_bytes"
    }

    /// The report as JSON text on one line, keys sorted, times in ISO 8601.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    public init(parsing json: some DataProtocol) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(StageReport.self, from: Data(json))
    }
}
