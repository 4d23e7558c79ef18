import Foundation
import StageInterface

extension PipelineReport {
    /// The run as tables for a terminal: stages with time, memory and money, then what the pipeline's summary asks for.
    ///
    /// A fact about a stage that was not reached stays as it is written.
    public func summaryLines(_ summary: SummaryDefinition?) throws -> [String] {
        var lines = stageTable().lines()
        guard let summary else { return lines }
        if !summary.columns.isEmpty {
            lines += [""] + figureTable(summary).lines()
        }
        let values = stages.reduce(into: [:]) { $0.merge($1.report.values(named: $1.name)) { $1 } }
        let substitution = Substitution(values: values, keepsUnknown: true)
        let facts = try summary.facts.map { fact in
            "\(fact.title): \(try substitution.apply(to: fact.value, place: "summary, facts"))"
        }
        return lines + (facts.isEmpty ? [] : [""] + facts)
    }

    private func stageTable() -> TextTable {
        var table = TextTable(header: ["stage", "", "minutes", "peak memory", "cost"], textColumns: 2)
        for entry in stages {
            let report = entry.report
            table.rows.append([
                entry.name,
                entry.isSkipped ? "skipped" : "done",
                String(format: "%.2f", report.seconds / 60),
                "\(report.peakMemoryBytes >> 20) MB",
                report.figures["spent_usd"].map { String(format: "$%.4f", $0) } ?? "",
            ])
        }
        return table
    }

    private func figureTable(_ summary: SummaryDefinition) -> TextTable {
        var table = TextTable(header: [""] + summary.columns.map(\.title))
        for row in summary.rows {
            let figures = stage(row.stage)?.figures ?? [:]
            table.rows.append(
                [row.title]
                    + summary.columns.map { column in
                        let name = row.prefix + column.figure
                        guard let value = figures[name] else { return "-" }
                        guard let low = figures["\(name)_low"], let high = figures["\(name)_high"] else {
                            return String(format: "%.1f %%", value * 100)
                        }
                        return String(format: "%.1f %% (%.1f to %.1f)", value * 100, low * 100, high * 100)
                    })
        }
        return table
    }
}
