public import JSON

extension StageReport {
    /// The JSON Schema of a report.
    public static let schema: JSONValue = {
        func map(_ type: String) -> JSONValue {
            ["type": "object", "additionalProperties": ["type": .string(type)]]
        }
        let failure: JSONValue = [
            "type": "object",
            "properties": [
                "message": ["type": "string"], "hint": ["type": "string"],
                "exit_status": ["enum": .array([1, 2, 3, 4, 64, 75])],
            ],
            "required": ["message", "exit_status"],
        ]
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "stage report", "type": "object",
            "properties": [
                "stage": ["type": "string"], "status": ["enum": ["done", "skipped", "failed"]],
                "started_at": ["type": "string", "format": "date-time"], "seconds": ["type": "number", "minimum": 0],
                "peak_memory_bytes": ["type": "integer", "minimum": 0], "inputs": map("string"),
                "outputs": map("string"), "counts": map("integer"), "figures": map("number"), "details": [:],
                "failure": failure,
            ],
            "required": [
                "stage", "status", "started_at", "seconds", "peak_memory_bytes", "inputs", "outputs", "counts",
                "figures",
            ],
        ]
    }()
}
