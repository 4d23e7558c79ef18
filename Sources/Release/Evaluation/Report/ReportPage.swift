import PlainText
import Storage
import Tasks

/// `report.html`: one file with everything in it, for people.
struct ReportPage {
    private let report: EvaluationReport

    init(_ report: EvaluationReport) { self.report = report }

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Markup.escape("\(report.name) on \(report.task.name)"))</title>
        <style>
        \(ReportStyle.css)
        </style>
        </head>
        <body>
        <main>
        \(sections.joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private var sections: [String] {
        [header, tiles, comparison, gate, confidence, slices, labels, confusion, provenance].filter { !$0.isEmpty }
    }

    private func section(_ title: String, _ note: String, _ content: String) -> String {
        let note = note.isEmpty ? "" : "<p class=\"lead\">\(note)</p>"
        return "<section><h2>\(title)</h2>\(note)\(content)</section>"
    }

    private func table(_ headings: [String], _ rows: [String], style: String = "") -> String {
        let head = headings.map { "<th>\($0)</th>" }.joined()
        let attribute = style.isEmpty ? "" : " class=\"\(style)\""
        return "<div class=\"scroll\"><table\(attribute)><thead><tr>\(head)</tr></thead>"
            + "<tbody>\(rows.joined())</tbody></table></div>"
    }

    private var header: String {
        let (style, verdict) =
            report.checks.isEmpty
            ? ("none", "no gate") : report.passed ? ("passed", "gate passed") : ("failed", "gate not passed")
        return """
            <header><div><p class="kicker">Evaluation</p><h1>\(Markup.escape(report.name))</h1>
            <p class="lead">Task \(Markup.escape(report.task.name)) · \(report.examples.count) held-out examples</p></div>
            <span class="verdict \(style)">\(verdict)</span></header>
            """
    }

    private var tiles: String {
        let result = report.result
        var tiles = [tile("Accuracy", result.accuracy), tile("Agreement with the teacher", result.agreement)]
        if let macroF1 = result.macroF1 { tiles.append(tile("Macro-F1", macroF1)) }
        if let error = result.calibrationError { tiles.append(tile("Calibration error", error)) }
        return "<div class=\"tiles\">\(tiles.joined())</div>"
    }

    private func tile(_ name: String, _ estimate: Estimate) -> String {
        let range = "\(Markup.percent(estimate.lower)) to \(Markup.percent(estimate.upper))"
        return "<div class=\"tile\"><p class=\"tile-name\">\(name)</p>"
            + "<p class=\"tile-value\">\(Markup.percent(estimate.value))</p>"
            + "<p class=\"tile-note\">95 % \(estimate.interval.rawValue): \(range)</p></div>"
    }

    private var comparison: String {
        let rows = report.systems.map { system in
            let figures = [system.accuracy, system.agreement, system.macroF1, system.calibrationError]
            let cells = figures.map { "<td>\($0.map { Markup.percent($0) } ?? "–")</td>" }.joined()
            return "<tr><th scope=\"row\"><span class=\"key \(system.kind.style)\"></span>"
                + "\(Markup.escape(system.name))</th>\(cells)</tr>"
        }
        let picture = Charts.comparison(
            report.systems.map { ($0, $0.accuracy) }, label: "Accuracy of each system with its 95 % interval")
        let pairs = zip(report.references, report.comparisons).map { reference, pair in
            let range = "\(Markup.points(pair.difference.lower)) to \(Markup.points(pair.difference.upper))"
            return """
                <li>Against <b>\(Markup.escape(reference.name))</b>: \(Markup.points(pair.difference.value)) points of \
                accuracy (95 % paired bootstrap: \(range)). Right where the other is wrong: \(pair.onlyFirst); the other \
                way round: \(pair.onlySecond). McNemar’s exact test: p \(ReportPage.comparison(pair.pValue)).</li>
                """
        }
        let list = pairs.isEmpty ? "" : "<ul>\(pairs.joined())</ul>"
        let headings = ["system", "accuracy", "agreement", "macro-F1", "calibration error"]
        return section(
            "Comparison",
            "Accuracy counts against the truth: a checked label where there is one, otherwise the teacher’s.",
            "<div class=\"scroll\">\(picture)</div>\(table(headings, rows))\(list)")
    }

    /// `= 0.042`, or `< 0.001`.
    private static func comparison(_ probability: Double) -> String {
        let thousandths = Int((probability * 1000).rounded())
        guard thousandths > 0 else { return "&lt; 0.001" }
        let digits = "\(thousandths % 1000)"
        return "= \(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private var gate: String {
        guard !report.checks.isEmpty else { return "" }
        let rows = report.checks.map { check in
            let (style, mark) = check.passed ? ("passed", "✓") : ("failed", "✗")
            guard check.name != GateCheck.againstBaseline else {
                return "<tr class=\"\(style)\"><td>\(mark)</td><th scope=\"row\" colspan=\"3\">"
                    + "\(Markup.escape(check.words))</th></tr>"
            }
            let found = check.value.map { Markup.percent($0) } ?? "not evaluated"
            let name = Markup.escape(check.name.replacing("_", with: " "))
            return "<tr class=\"\(style)\"><td>\(mark)</td><th scope=\"row\">\(name)</th><td>\(found)</td>"
                + "<td>\(Markup.percent(check.threshold))</td></tr>"
        }
        return section(
            "Gate", "What the task asks of an artifact before it may be promoted.",
            table(["", "condition", "found", "asked"], rows, style: "gate"))
    }

    private var confidence: String {
        guard let calibration = report.result.calibration else { return "" }
        let keys = report.systems.filter { $0.coverage != nil }.map {
            "<span class=\"legend\"><span class=\"key \($0.kind.style)\"></span>\(Markup.escape($0.name))</span>"
        }
        let threshold = report.task.threshold
        var note = "Left: bars on the diagonal mean what they say. Right: what is gained by passing on the unsure."
        if threshold > 0, let point = report.result.coverage?.point(at: threshold) {
            note +=
                " At the task’s threshold of \(threshold) the small model answers \(Markup.percent(point.coverage)) "
                + "with accuracy \(Markup.percent(point.accuracy))."
        }
        let pictures = [
            (Charts.reliability(calibration), "confidence of the answer"),
            (Charts.coverage(report.systems, threshold: threshold), keys.joined()),
        ]
        let figures = pictures.map { "<figure>\($0.0)<figcaption>\($0.1)</figcaption></figure>" }
        return section("Confidence", note, "<div class=\"pair\">\(figures.joined())</div>")
    }

    private var slices: String {
        guard !report.result.slices.isEmpty else { return "" }
        let picture = Charts.slices(
            report.result.slices, overall: report.result.accuracy, count: report.examples.count)
        return section(
            "Slices", "Accuracy with 95 % Wilson intervals; a short bar on few examples may be chance.",
            "<div class=\"scroll\">\(picture)</div>")
    }

    private var labels: String {
        guard let confusion = report.result.confusion else { return "" }
        let scores = confusion.labelScores.filter { $0.support + $0.answered > 0 }
        let rows = scores.sorted { ($0.f1, $0.label) < ($1.f1, $1.label) }.map { score in
            let meter = "<span class=\"meter\"><span style=\"width:\(Markup.number(score.f1 * 100))%\"></span></span>"
            return "<tr><th scope=\"row\">\(Markup.escape(score.label))</th><td>\(score.support)</td>"
                + "<td>\(Markup.percent(score.precision))</td><td>\(Markup.percent(score.recall))</td>"
                + "<td>\(meter)\(Markup.percent(score.f1))</td></tr>"
        }
        let content = table(["label", "examples", "precision", "recall", "F1"], rows)
        return section(
            "Labels", "The hardest first.",
            "<details\(rows.count <= 30 ? " open" : "")><summary>\(rows.count) labels</summary>\(content)</details>")
    }

    private var confusion: String {
        guard let confusion = report.result.confusion else { return "" }
        let mistakes = confusion.frequentMistakes(8).map {
            "<li><b>\(Markup.escape($0.truth))</b> answered as <b>\(Markup.escape($0.answer))</b>: \($0.count)</li>"
        }
        let list = mistakes.isEmpty ? "<p>No mistakes.</p>" : "<ul class=\"columns\">\(mistakes.joined())</ul>"
        return section(
            "Confusion", "Truth down, answer across; point at a cell for its count. The most frequent mistakes:",
            "\(list)<div class=\"scroll\">\(Charts.confusion(confusion))</div>")
    }

    private var provenance: String {
        let bootstrap = "\(report.bootstrap.resamples) bootstrap resamples, seed \(report.bootstrap.seed)"
        var rows = [
            ("artifact", "\(report.subject.kind.rawValue) \(report.subject.digest)"),
            ("base", report.subject.baseDigest.description),
            ("dataset", report.dataset?.description ?? "unknown"),
            ("split", report.split.description),
            ("task", report.task.digest.description),
            ("intervals", "95 %; Wilson for shares, otherwise \(bootstrap)"),
        ]
        if let date = report.date { rows.append(("date in prompts", date.description)) }
        let cells = rows.map { "<tr><th scope=\"row\">\($0.0)</th><td><code>\(Markup.escape($0.1))</code></td></tr>" }
        return section("Provenance", "", "<div class=\"scroll\"><table>\(cells.joined())</table></div>")
    }
}
