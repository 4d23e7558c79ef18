/// The class that gives a system its color, in every picture.
extension SystemResult.Kind {
    var style: String {
        switch self {
        case .adapter, .merged: "subject"
        case .base: "base"
        case .baseline: "baseline"
        }
    }
}

/// A picture for each question that a report answers.
enum Charts {
    /// One figure of every system: a dot, and a whisker over its interval.
    static func comparison(_ rows: [(system: SystemResult, figure: Estimate)], label: String) -> String {
        let (left, right, height) = (170.0, 80.0, 36.0)
        var drawing = Drawing(width: 900, height: height * Double(rows.count) + 34)
        let lowest = rows.map(\.figure.lower).min() ?? 0
        let start = lowest > 0.6 ? 0.5 : 0
        let scale = (drawing.width - left - right) / (1 - start)
        func x(_ value: Double) -> Double { left + (value - start) * scale }
        let bottom = height * Double(rows.count) + 8
        for tick in stride(from: start, through: 1.0001, by: start > 0 ? 0.1 : 0.2) {
            drawing.line(x(tick), 4, x(tick), bottom, "grid")
            drawing.text(Markup.percent(tick, digits: 0), x(tick), bottom + 18, .middle)
        }
        for (index, row) in rows.enumerated() {
            let y = height * (Double(index) + 0.5) + 6
            let style = row.system.kind.style
            drawing.text(shortened(row.system.name, 24), left - 16, y + 4, .end, "name")
            drawing.line(x(row.figure.lower), y, x(row.figure.upper), y, "whisker \(style)")
            for end in [row.figure.lower, row.figure.upper] {
                drawing.line(x(end), y - 6, x(end), y + 6, "whisker \(style)")
            }
            let value = Markup.percent(row.figure.value)
            drawing.circle(x(row.figure.value), y, 6, "dot \(style)", title: "\(row.system.name): \(value)")
            drawing.text(value, drawing.width - right + 18, y + 4, .start, "value")
        }
        return drawing.svg(label: label)
    }

    /// Accuracy of answers by their confidence: bars on the diagonal mean what they say.
    static func reliability(_ calibration: Calibration) -> String {
        let (side, left, top, floor) = (300.0, 60.0, 10.0, 400.0)
        var drawing = Drawing(width: 380, height: 424)
        func x(_ value: Double) -> Double { left + value * side }
        func y(_ value: Double) -> Double { top + (1 - value) * side }
        for tick in stride(from: 0, through: 1.0001, by: 0.25) {
            drawing.line(x(0), y(tick), x(1), y(tick), "grid")
            drawing.text(Markup.percent(tick, digits: 0), x(0) - 8, y(tick) + 4, .end)
            drawing.text(Markup.percent(tick, digits: 0), x(tick), floor + 18, .middle)
        }
        let most = Double(calibration.bins.map(\.count).max() ?? 1)
        for bin in calibration.bins {
            let width = (bin.upper - bin.lower) * side - 2
            let place = x(bin.lower) + 1
            let title =
                "confidence \(Markup.percent(bin.meanConfidence)), accuracy \(Markup.percent(bin.accuracy)), "
                + "\(bin.count) answers"
            drawing.rectangle(
                place, y(bin.accuracy), width, bin.accuracy * side, "bar subject", title: title, radius: 2)
            let gap = (bin.accuracy - bin.meanConfidence).magnitude
            let upper = max(bin.accuracy, bin.meanConfidence)
            drawing.rectangle(place, y(upper), width, gap * side, "gap", title: title, radius: 2)
            let height = 64 * Double(bin.count) / most
            drawing.rectangle(place, floor - height, width, height, "bar muted", title: title, radius: 1)
        }
        drawing.line(x(0), y(0), x(1), y(1), "diagonal")
        drawing.line(x(0), floor, x(1), floor, "axis")
        drawing.text("accuracy", 14, y(0.5), .middle, "note", rotated: -90)
        drawing.text("answers", 14, floor - 34, .middle, "note", rotated: -90)
        return drawing.svg(label: "Reliability diagram: accuracy of answers by confidence")
    }

    /// Accuracy against the share of requests that are answered without escalation.
    static func coverage(_ systems: [SystemResult], threshold: Double) -> String {
        let curves = systems.compactMap { system in system.coverage.map { (system, $0) } }
        var drawing = Drawing(width: 540, height: 424)
        let (left, top, width, height) = (66.0, 10.0, 450.0, 350.0)
        let lowest = curves.flatMap { $0.1.points.filter { $0.coverage >= 0.02 }.map(\.accuracy) }.min() ?? 0
        let start = max(0, (lowest * 10).rounded(.down) / 10 - 0.1)
        func x(_ value: Double) -> Double { left + value * width }
        func y(_ value: Double) -> Double { top + (1 - max(start, value)) / (1 - start) * height }
        for step in 0...5 {
            let share = Double(step) / 5
            let accuracy = start + share * (1 - start)
            drawing.line(x(0), y(accuracy), x(1), y(accuracy), "grid")
            drawing.text(Markup.percent(accuracy, digits: 0), left - 8, y(accuracy) + 4, .end)
            drawing.text(Markup.percent(share, digits: 0), x(share), top + height + 18, .middle)
        }
        for (system, curve) in curves.reversed() {
            // A handful of answers say nothing of accuracy.
            let shown = curve.thinned(to: 300).filter { $0.coverage >= 0.02 }
            drawing.path(shown.map { (x: x($0.coverage), y: y($0.accuracy)) }, "curve \(system.kind.style)")
        }
        if threshold > 0, let (system, curve) = curves.first, let point = curve.point(at: threshold) {
            drawing.line(x(point.coverage), y(start), x(point.coverage), y(point.accuracy), "diagonal")
            drawing.circle(
                x(point.coverage), y(point.accuracy), 6, "dot \(system.kind.style)",
                title: "threshold \(threshold): \(Markup.percent(point.coverage)) answered, accuracy "
                    + Markup.percent(point.accuracy))
            let isFar = point.coverage > 0.5
            drawing.text(
                "threshold \(threshold)", x(point.coverage) + (isFar ? -10 : 10), y(start) - 10, isFar ? .end : .start)
        }
        drawing.line(x(0), y(start), x(1), y(start), "axis")
        drawing.text("share answered by the small model", x(0.5), top + height + 44, .middle)
        drawing.text("accuracy", 14, top + height / 2, .middle, "note", rotated: -90)
        return drawing.svg(label: "Coverage against accuracy")
    }

    /// Accuracy in each slice, with its interval and size.
    static func slices(_ slices: [SliceResult], overall: Estimate, count: Int) -> String {
        let rows =
            [(name: "all", count: count, figure: overall)]
            + slices.map { (name: $0.name, count: $0.count, figure: $0.accuracy) }
        let (left, height) = (190.0, 30.0)
        var drawing = Drawing(width: 900, height: height * Double(rows.count) + 32)
        let width = drawing.width - left - 190
        func x(_ value: Double) -> Double { left + value * width }
        let bottom = height * Double(rows.count) + 4
        for tick in stride(from: 0, through: 1.0001, by: 0.25) {
            drawing.line(x(tick), 0, x(tick), bottom, "grid")
            drawing.text(Markup.percent(tick, digits: 0), x(tick), bottom + 18, .middle)
        }
        for (index, row) in rows.enumerated() {
            let y = height * Double(index) + 4
            drawing.text(shortened(row.name, 26), left - 12, y + 17, .end, "name")
            let style = index == 0 ? "bar muted" : "bar subject"
            drawing.rectangle(left, y + 3, row.figure.value * width, height - 10, style, radius: 3)
            drawing.line(x(row.figure.lower), y + 13, x(row.figure.upper), y + 13, "span")
            drawing.text(Markup.percent(row.figure.value), x(1) + 16, y + 17, .start, "value")
            drawing.text("n = \(row.count)", x(1) + 90, y + 17, .start)
        }
        return drawing.svg(label: "Accuracy by slice")
    }

    /// Truth down, answer across; the darker, the larger the share of the truth's examples.
    static func confusion(_ matrix: ConfusionMatrix) -> String {
        let scores = matrix.labelScores
        // Labels that never occur would only take space.
        let shown = matrix.labels.indices.filter { scores[$0].support + scores[$0].answered > 0 }
        let cell = max(9, min(28, 760 / Double(max(1, shown.count))))
        let font = cell < 14 ? 7.5 : 12.0
        let longest = Double(shown.map { min(28, matrix.labels[$0].count) }.max() ?? 0)
        let margin = longest * font * 0.58 + 16
        let side = cell * Double(shown.count)
        let style = cell < 14 ? "tiny" : "note"
        var drawing = Drawing(width: margin + side + 4, height: margin + side + 4)
        for (row, truth) in shown.enumerated() {
            let total = scores[truth].support
            let place = margin + Double(row) * cell
            let label = shortened(matrix.labels[truth], 28)
            drawing.rectangle(margin, place, side, cell, row % 2 == 0 ? "stripe" : "plain")
            drawing.text(label, margin - 6, place + cell / 2 + font * 0.35, .end, style)
            drawing.text(label, place + cell / 2 + font * 0.35, margin - 6, .start, style, rotated: -90)
            for (column, answer) in shown.enumerated() {
                let count = matrix.counts[truth][answer]
                guard count > 0 else { continue }
                let share = Double(count) / Double(max(1, total))
                drawing.rectangle(
                    margin + Double(column) * cell + 0.5, place + 0.5, cell - 1, cell - 1,
                    row == column ? "right" : "wrong",
                    title: "\(matrix.labels[truth]) → \(matrix.labels[answer]): \(count) of \(total)",
                    opacity: (15 + 84 * min(1, share)).rounded() / 100, radius: 2)
                if cell >= 20 {
                    let inside = share > 0.4 ? "inside" : "count"
                    drawing.text(
                        "\(count)", margin + (Double(column) + 0.5) * cell, place + cell / 2 + 4, .middle, inside)
                }
            }
        }
        return drawing.svg(label: "Confusion matrix: truth down, answer across")
    }

    private static func shortened(_ text: String, _ length: Int) -> String {
        text.count <= length ? text : text.prefix(length - 1) + "…"
    }
}
