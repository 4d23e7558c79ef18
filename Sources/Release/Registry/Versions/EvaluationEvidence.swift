public import Foundation
import JSON
public import Storage

/// What a release needs to know of an evaluation report: what it measured and whether it passed.
///
/// Read from the report's JSON alone (`Documentation/Formats/EvaluationReport.md`); this module knows no metrics.
public struct EvaluationEvidence: Sendable {
    public static let format = "retort.evaluation/1"

    /// The artifact that was measured.
    public var artifact: ContentDigest
    public var base: ContentDigest?
    public var task: ContentDigest?
    public var dataset: ContentDigest?
    /// The task itself as canonical JSON, whose digest is ``task``; nil in reports of before it was kept.
    public var taskDefinition: Data?
    public var passed: Bool
    /// Each check that failed, in words: `accuracy: 0.71, expected at least 0.85`.
    public var failedChecks: [String]
    /// The artifact's own main figures, as far as the report has them: accuracy, agreement, macro-F1.
    public var figures: [(name: String, value: Double)]

    /// - Parameter source: what messages call the report.
    /// - Throws: ``RegistryError`` naming the field that is missing or wrong.
    public init(json bytes: Data, source: String) throws {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw RegistryError(.input, "\(source): \(error.description), expected an evaluation report")
        }
        func wrong(_ field: String, _ expected: String) -> RegistryError {
            RegistryError(
                .input, "\(source): \(field): \(json[field]?.kindName ?? "missing"), expected \(expected)",
                hint: "make the report with retort-evaluate")
        }
        guard let format = json["format"]?.stringValue else { throw wrong("format", "'\(Self.format)'") }
        guard format == Self.format else {
            throw RegistryError(.input, "\(source): format: '\(format.prefix(60))', expected '\(Self.format)'")
        }
        guard let artifact = json["artifact"]?["digest"]?.stringValue.flatMap(ContentDigest.init) else {
            throw wrong("artifact", "an object with the artifact's digest")
        }
        guard let passed = json["passed"]?.boolValue else { throw wrong("passed", "true or false") }
        self.artifact = artifact
        self.passed = passed
        base = json["artifact"]?["base_digest"]?.stringValue.flatMap(ContentDigest.init)
        task = json["task"]?.stringValue.flatMap(ContentDigest.init)
        dataset = json["dataset"]?.stringValue.flatMap(ContentDigest.init)
        let measured = json["results"]?["systems"]?.arrayValue?.first
        figures = ["accuracy", "agreement", "macro_f1"].compactMap { name in
            (measured?[name]?["value"]?.doubleValue).map { (name, $0) }
        }
        taskDefinition = try Self.definition(json, of: task, source: source)
        failedChecks = (json["checks"]?.arrayValue ?? []).filter { $0["passed"]?.boolValue == false }.map { check in
            let name = check["name"]?.stringValue ?? "a check without a name"
            let value = check["value"].map { $0.serialized() } ?? "no value"
            return "\(name): \(value), expected \(check["threshold"].map { $0.serialized() } ?? "another")"
        }
        try Self.checkVerdict(json, passed: passed, source: source)
    }

    /// Refuses a report whose verdict is not what its own checks say, value by value.
    private static func checkVerdict(_ json: JSONValue, passed: Bool, source: String) throws {
        func wrong(_ field: String, _ found: Bool, _ why: String) -> RegistryError {
            RegistryError(
                .input, "\(source): \(field): \(found), expected \(!found): \(why)",
                hint: "make the report with retort-evaluate")
        }
        let checks = json["checks"]?.arrayValue ?? []
        for (index, check) in checks.enumerated() {
            guard let name = check["name"]?.stringValue, let threshold = check["threshold"]?.doubleValue,
                let said = check["passed"]?.boolValue
            else { continue }
            let value = check["value"]?.doubleValue
            let holds = value.map { name.hasPrefix("maximum") ? $0 <= threshold : $0 >= threshold } ?? false
            guard said == holds else {
                let found = value.map { "\($0)" } ?? "unknown"
                throw wrong("checks[\(index)].passed", said, "\(name) asks for \(threshold), and the value is \(found)")
            }
        }
        let failed = checks.first { $0["passed"]?.boolValue == false }
        guard passed == (failed == nil) else {
            throw wrong("passed", passed, failed?["name"]?.stringValue.map { "\($0) failed" } ?? "no check failed")
        }
    }

    /// The bytes of the task that the report holds.
    ///
    /// - Throws: ``RegistryError`` where they are not those of the task that it names.
    private static func definition(_ json: JSONValue, of task: ContentDigest?, source: String) throws -> Data? {
        guard let definition = json["task_definition"], !definition.isNull else { return nil }
        let bytes = Data(definition.serializedBytes(.canonical))
        let found = ContentDigest(of: bytes)
        guard found == task else {
            throw RegistryError(
                .input,
                "\(source): task_definition: a task whose digest is \(found), expected "
                    + "\(task?.description ?? "that of 'task'"), which the report names",
                hint: "make the report with retort-evaluate")
        }
        return bytes
    }
}
