import Storage

/// What a run shows at its end: a table of figures out of stage reports, and single facts.
public struct SummaryDefinition: Sendable {
    /// A column: the figure's name in a report and what the table calls it.
    public struct Column: Sendable {
        public var figure: String
        public var title: String
    }

    /// A row: the stage whose report has the figures, and what stands before their names there.
    public struct Row: Sendable {
        public var title: String
        public var stage: String
        public var prefix: String
    }

    /// A line of text with `${stage.key}` in it.
    public struct Fact: Sendable {
        public var title: String
        public var value: String
    }

    public var columns: [Column]
    public var rows: [Row]
    public var facts: [Fact]

    init(_ section: ConfigurationSection, stages: [String]) {
        columns = section.sections("columns", isRequired: false).map {
            Column(figure: $0.string("figure"), title: $0.string("title"))
        }
        rows = section.sections("rows", isRequired: false).map { row in
            let stage = row.string("stage")
            if !stages.contains(stage) {
                row.report("stage", found: "'\(stage)'", expected: "one of \(stages.joined(separator: ", "))")
            }
            return Row(title: row.string("title"), stage: stage, prefix: row.string("prefix", default: ""))
        }
        facts = section.sections("facts", isRequired: false).map { fact in
            let value = fact.string("value")
            PipelineDefinition.checkReferences(fact, "value", [value], to: stages.map { "${\($0).…}" })
            return Fact(title: fact.string("title"), value: value)
        }
    }
}
