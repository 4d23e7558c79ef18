import Foundation
import StageInterface

extension PipelineReport {
    /// What stands for a figure that is not there.
    private static let missing = "–"

    /// The run as tables for people: stages with time, memory and money, then what the pipeline's summary asks for.
    public func summaryLines(_ summary: SummaryDefinition?) throws -> [String] {
        var lines = stageTable().lines()
        guard let summary else { return lines }
        if !summary.columns.isEmpty {
            lines += [""] + figureTable(summary).lines()
        }
        let substitution = Substitution(values: values, unknown: .isShown(as: PipelineReport.missing))
        let facts = try summary.facts.map { fact in
            "\(fact.title): \(try substitution.apply(to: fact.value, place: "summary, facts"))"
        }
        return lines + (facts.isEmpty ? [] : [""] + facts)
    }

    /// The facts of a summary that ask a stage that is done for what it does not report.
    public func summaryProblems(_ summary: SummaryDefinition?) throws -> [String] {
        let done = Set(stages.filter { $0.outcome != .failed }.map(\.name)), known = values
        return try (summary?.facts ?? []).flatMap { fact in
            try Substitution.references(in: fact.value, place: "summary, facts").compactMap { name in
                guard let stage = name.split(separator: ".").first.map(String.init), done.contains(stage),
                    known[name] == nil
                else { return nil }
                let keys = known.keys.filter { $0.hasPrefix("\(stage).") }.sorted().joined(separator: ", ")
                return "summary, facts: '${\(name)}' is not in the report of \(stage), expected one of \(keys)"
            }
        }
    }

    private var values: [String: String] {
        stages.reduce(into: [:]) { $0.merge($1.report.values(named: $1.name)) { $1 } }
    }

    private func stageTable() -> TextTable {
        var table = TextTable(header: ["stage", "", "time", "peak memory", "cost"], textColumns: 2)
        for entry in stages {
            let report = entry.report
            table.rows.append([
                entry.name, entry.outcome.rawValue,
                PipelineReport.time(report.seconds),
                report.peakMemoryBytes > 0 ? "\(report.peakMemoryBytes >> 20) MB" : PipelineReport.missing,
                report.figures["spent_usd"].map { String(format: "$%.4f", $0) }
                    ?? (entry.outcome == .failed ? PipelineReport.missing : ""),
            ])
        }
        return table
    }

    /// Rounded to what matters: `4.2 s`, `3 min 20 s`, `2 h 05 min`.
    private static func time(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole < 60
            ? String(format: "%.1f s", seconds)
            : whole < 3600
                ? String(format: "%d min %02d s", whole / 60, whole % 60)
                : String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
    }

    private func figureTable(_ summary: SummaryDefinition) -> TextTable {
        var table = TextTable(header: [""] + summary.columns.map(\.title))
        for row in summary.rows {
            let figures = stage(row.stage)?.figures ?? [:]
            table.rows.append(
                [row.title]
                    + summary.columns.map { column in
                        let name = row.prefix + column.figure
                        guard let value = figures[name] else { return PipelineReport.missing }
                        guard let low = figures["\(name)_low"], let high = figures["\(name)_high"] else {
                            return String(format: "%.1f %%", value * 100)
                        }
                        return String(format: "%.1f %% (%.1f to %.1f)", value * 100, low * 100, high * 100)
                    })
        }
        return table
    }
}
