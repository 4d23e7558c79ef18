extension PipelineRun {
    /// Why a stage would run or be skipped, in lines for a person.
    public func explain(_ name: String) throws -> [String] {
        let stage = try pipeline.stage(name)
        let state = try PipelineState(of: pipeline)
        let fingerprint = try fingerprint(of: stage, state)
        var lines = [
            "stage \(name): \(stage.program.run) \(stage.program.arguments.joined(separator: " "))",
            "fingerprint \(fingerprint.digest)",
        ]
        let before = state.stages[name]?.fingerprint
        for (piece, value) in fingerprint.pieces.sorted(by: { $0.key < $1.key }) {
            let shown = value.replacing("\u{1F}", with: " ")
            let isSame = before?.pieces[piece] == value
            lines.append("  \(isSame ? " " : "*") \(piece): \(shown)")
        }
        for piece in (before?.pieces.keys.sorted() ?? []) where fingerprint.pieces[piece] == nil {
            lines.append("  * \(piece): no longer there")
        }
        switch try plan().first(where: { $0.stage.name == name })?.verdict {
        case .run(let reason)?: lines.append("it would run: \(reason)")
        default: lines.append("it would be skipped: nothing that it reads has changed")
        }
        return lines
    }
}
