import Foundation
import JSON
import StageInterface
import Testing
import TestSupport

/// The time that the built `retort-train` says a run will take, beside what it then takes.
///
/// On one thread, the seconds of the processor are nearly the same whatever else the machine does. Those on the clock are,
/// too, where the machine left the process a processor of its own, in the warm-up and in the run.
@Suite(.serialized, .ownThreads) struct TrainPlanTimeTests {
    struct Workload: Sendable, CustomTestStringConvertible {
        var name: String
        var recipe: String
        var arguments: [String] = []
        var lineCount = 120
        /// How many words a line has, the least and the most.
        var words = 8...32
        var hasPairs = false
        var testDescription: String { name }
    }

    /// Each does something for a good part of its time that the others do not.
    static let workloads = [
        Workload(name: "steps", recipe: "epochs: 2\nbatch_size: 16\nprecision: fp32\n"),
        Workload(
            name: "validations", recipe: "epochs: 2\nbatch_size: 16\nprecision: fp32\nvalidation:\n  every_steps: 4\n",
            arguments: ["--validation", "validation.jsonl"]),
        Workload(
            name: "recomputed layers", recipe: "epochs: 1\nbatch_size: 1\nprecision: bf16\n",
            arguments: ["--memory", "110m"], lineCount: 40, words: 240...340),
        Workload(
            name: "references of pairs", recipe: "loss: dpo\nepochs: 1\nbatch_size: 16\nprecision: fp32\n",
            hasPairs: true),
        Workload(name: "all weights", recipe: "method: full\nepochs: 2\nbatch_size: 16\nprecision: fp32\n"),
    ]

    private func lines(_ workload: Workload) -> String {
        (0..<workload.lineCount).map { number in
            let words = workload.words.lowerBound + number * 7 % workload.words.count
            let user = "item \(number) of " + String(repeating: "large boxes ", count: words / 2)
            let color = ["red", "green", "blue"][number % 3]
            return workload.hasPairs
                ? #"{"prompt":"\#(user)","chosen":"\#(color)","rejected":"none of the \#(color) ones"}"# + "\n"
                : #"{"messages":[{"role":"user","content":"\#(user)"},{"role":"assistant","content":"\#(color)"}]}"#
                    + "\n"
        }.joined()
    }

    private func run(_ workload: Workload) throws -> [String: Double] {
        let folder = try ScratchFolder()
        let data = try folder.write("train.jsonl", lines(workload))
        try folder.write("validation.jsonl", lines(workload))
        let recipe = try folder.write("adapter.yaml", workload.recipe)
        let outcome = try Executable.run(
            "retort-train",
            [
                "--base", Checkout.base, "--json", "--dataset", data, "--recipe", recipe, "--output",
                "\(folder)/a.gguf",
                "--threads", "1", "--deadline", "1h",
            ] + workload.arguments.map { $0.hasSuffix(".jsonl") ? "\(folder)/\($0)" : $0 })
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try StageReport(parsing: Array(outcome.output.utf8))
        #expect((report.counts["recomputed_layers"] != 0) == workload.arguments.contains("--memory"))
        return report.figures
    }

    @Test(arguments: workloads) func secondsAreWithinAFifthOfWhatIsTaken(workload: Workload) throws {
        var processor = Double.infinity, clock = Double.infinity
        var hadProcessor = true
        // A machine may slow down between the warm-up and the run; not three times.
        for _ in 0..<3 where abs(processor - 1) >= 0.2 || hadProcessor && abs(clock - 1) >= 0.2 {
            let figures = try run(workload)
            func figure(_ name: String) throws -> Double { try #require(figures[name], "\(name)") }
            let planned = (seconds: try figure("planned_seconds"), processor: try figure("planned_cpu_seconds"))
            let taken = (seconds: try figure("run_seconds"), processor: try figure("run_cpu_seconds"))
            processor = planned.processor / taken.processor
            clock = planned.seconds / taken.seconds
            hadProcessor = taken.processor > 0.9 * taken.seconds && planned.processor > 0.9 * planned.seconds
        }
        #expect(abs(processor - 1) < 0.2, "of the processor: planned / taken")
        withKnownIssue("other processes took the processor now and then", isIntermittent: true) {
            #expect(abs(clock - 1) < 0.2, "on the clock: planned / taken")
        } when: {
            !hadProcessor
        }
    }
}
