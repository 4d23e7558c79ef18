import Foundation

extension EvaluationReport {
    /// What was found, as people read it on a terminal.
    public var table: String {
        let width = max(16, systems.map(\.name.count).max() ?? 0)
        var lines = [row("", "accuracy", "agreement", "macro-F1", width)]
        for system in systems {
            lines.append(
                row(
                    system.name, text(system.accuracy), text(system.agreement), system.macroF1.map(text) ?? "-",
                    width))
        }
        for system in systems where system.notANumberCount > 0 {
            lines.append(
                "NOT A NUMBER  \(system.name): \(system.notANumberCount) of \(examples.count) rows got scores that are no "
                    + "numbers, and count as wrong")
        }
        for system in systems where system.refusedCount > 0 {
            lines.append(
                "\(system.name): \(system.refusedCount) of \(examples.count) answers were none that "
                    + "the task allows, and count as wrong")
        }
        for check in checks {
            lines.append("\(check.passed ? "passed" : "FAILED")  \(check.words)")
        }
        if !checks.isEmpty { lines.append(passed ? "gate: passed" : "gate: not passed") }
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ first: String, _ second: String, _ third: String, _ width: Int) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        return [padded(name, width), padded(first, 22), padded(second, 22), third].joined(separator: "  ")
    }

    private func text(_ estimate: Estimate) -> String {
        String(format: "%.1f %% [%.1f, %.1f]", estimate.value * 100, estimate.lower * 100, estimate.upper * 100)
    }
}

extension SystemResult {
    /// Answers that the task does not allow; those that are missing for another reason are told of by that.
    fileprivate var refusedCount: Int { invalidCount - notANumberCount - tooLongCount }
}
