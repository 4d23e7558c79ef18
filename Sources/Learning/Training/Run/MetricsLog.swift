import Foundation
public import JSON
import Storage

/// `metrics.jsonl`: one line a step and one a validation, written while a run goes on.
/// `Documentation/Formats/TrainingMetrics.md` describes the fields.
public final class MetricsLog {
    private let handle: FileHandle
    private let path: String
    /// The lines so far, those of a run that was resumed among them.
    public private(set) var lines: [JSONValue] = []

    /// Begins a log, or goes on with one from the lines of the first `step` steps.
    public init(path: String, keepingSteps step: Int) throws {
        if step > 0, FileManager.default.fileExists(atPath: path) {
            let reader = try JSONLinesReader(path: path)
            while let line = try reader.next() {
                // A line that was cut by a kill belongs to a step that is done again.
                guard let json = try? line.value(), let done = json["step"]?.integerValue, done <= step else {
                    continue
                }
                lines.append(json)
            }
        }
        try AtomicFile.write(lines.map { $0.serialized() + "\n" }.joined(), to: path)
        handle = try FileHandle(appendingTo: path)
        self.path = path
    }

    public func append(_ line: JSONObject) throws {
        let json = JSONValue.object(line)
        lines.append(json)
        do {
            try handle.writeAll((json.serialized() + "\n").utf8)
        } catch let error as StorageError {
            throw StorageError(error.kind, "\(path): \(error.description)", hint: error.hint)
        }
    }

    public func close() throws { try handle.close() }
}
