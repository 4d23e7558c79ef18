import JSON

/// What a stage printed with `--json`, as far as cases look at it.
struct CaseReport {
    let counts: [String: Int]
    let outputs: [String: String]

    /// nil where it printed no report.
    init?(_ text: String) {
        guard let json = try? JSONValue(parsing: text), let counts = json["counts"]?.objectValue else { return nil }
        self.counts = counts.members.reduce(into: [:]) { $0[$1.key] = $1.value.integerValue }
        outputs = (json["outputs"]?.objectValue?.members ?? []).reduce(into: [:]) { $0[$1.key] = $1.value.stringValue }
    }
}
