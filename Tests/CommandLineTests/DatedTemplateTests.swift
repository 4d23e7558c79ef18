import Foundation
import JSON
import PlainText
import StageInterface
import Testing
import TestSupport

/// Chat templates that print the date, on the built executables: what they print is chosen, remembered and told.
@Suite(.ownThreads) struct DatedTemplateTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// In the manner of Llama 3.
    private func template() throws -> String {
        try folder.write(
            "dated.jinja",
            """
            {%- for m in messages -%}
            <|im_start|>{{ m.role }}
            {% if loop.first %}Today Date: {{ strftime_now('%d %b %Y') }}
            {% endif %}{{ m.content }}<|im_end|>
            {% endfor %}
            {%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}
            """)
    }

    private func conversations(_ count: Int) throws -> String {
        try folder.write(
            "train.jsonl",
            (0..<count).map { number in
                #"{"messages":[{"role":"user","content":"item \#(number % 7)"},"#
                    + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
            }.joined())
    }

    /// Two zones whose days are never the same, neither of them about to end.
    private var zones: (first: String, second: String) {
        LocalTime(Date(), in: TimeZone(secondsFromGMT: -12 * 3600) ?? .gmt).hour == 23
            ? ("Etc/GMT+11", "Etc/GMT-14") : ("Etc/GMT+12", "Etc/GMT-14")
    }

    private func arguments(_ template: String, _ output: String) throws -> [String] {
        let recipe = try folder.write(
            "adapter.yaml", "rank: 2\nepochs: 6\nbatch_size: 4\nsnapshot:\n  every_steps: 1\n")
        return [
            "--base", Checkout.base, "--dataset", "\(folder)/train.jsonl", "--template", template, "--recipe", recipe,
            "--output", "\(folder)/\(output)", "--json", "--quiet",
        ]
    }

    private func train(
        _ template: String, _ output: String, zone: String, _ more: String...
    ) throws -> Executable.Outcome {
        try Executable.run("retort-train", try arguments(template, output) + more, environment: ["TZ": zone])
    }

    /// Trains until there is a snapshot, and kills.
    private func trainPartly(_ arguments: [String], zone: String, until snapshot: String) throws {
        let process = try Executable.start("retort-train", arguments, environment: ["TZ": zone])
        while process.isRunning, !FileManager.default.fileExists(atPath: snapshot) {
            Thread.sleep(forTimeInterval: 0.002)
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: snapshot))
    }

    /// Trains in two goes on two days, and in one on the first; returns both reports.
    private func trainedInTwoDays(_ template: String) throws -> (resumed: StageReport, whole: StageReport) {
        try trainPartly(
            arguments(template, "a.gguf"), zone: zones.first, until: "\(folder)/a.gguf.training/snapshot.bin")
        let resumed = try train(template, "a.gguf", zone: zones.second, "--resume")
        #expect(resumed.status == 0, "\(resumed.errors)")
        let whole = try train(template, "b.gguf", zone: zones.first)
        return (
            try StageReport(parsing: Array(resumed.output.utf8)), try StageReport(parsing: Array(whole.output.utf8))
        )
    }

    @Test func aRunThatIsResumedOnAnotherDayPrintsTheDayOnWhichItBegan() throws {
        _ = try conversations(24)
        let template = try template()
        let (resumed, whole) = try trainedInTwoDays(template)
        #expect(resumed.outputs["adapter"] != nil)
        #expect(resumed.outputs["adapter"] == whole.outputs["adapter"])
        let day = try #require(whole.inputs["date"])
        #expect(resumed.inputs["date"] == day)

        // Another day gives another adapter, and each says which was its own.
        let other = try StageReport(
            parsing: Array(try train(template, "c.gguf", zone: zones.second).output.utf8))
        #expect(other.inputs["date"] != day)
        #expect(other.outputs["adapter"] != whole.outputs["adapter"])
        let listing = try Executable.run("retort-inspect", "gguf", "\(folder)/a.gguf", "--json")
        #expect(listing.output.contains("retort.template.date") && listing.output.contains(day), "\(listing.output)")

        // A date that is named where another is stored is refused by name.
        try trainPartly(
            arguments(template, "d.gguf"), zone: zones.first, until: "\(folder)/d.gguf.training/snapshot.bin")
        let renamed = try train(template, "d.gguf", zone: zones.first, "--resume", "--date", "2001-02-03")
        #expect(renamed.status == 1)
        #expect(renamed.errors.contains("date \(day), expected 2001-02-03"), "\(renamed.errors)")
        let wrong = try train(template, "a.gguf", zone: zones.first, "--date", "2001-02-30")
        #expect(wrong.status == 64)
    }

    @Test(.needsFixtures) func soItIsWithLlamasOwnTemplate() throws {
        _ = try conversations(16)
        // The bundled base has another token for the end of a turn.
        let source = try String(
            contentsOfFile: Fixtures.path("templates/meta-llama-Llama-3.2-3B-Instruct.jinja"), encoding: .utf8)
        #expect(source.contains("strftime_now(") && source.contains("<|eot_id|>"))
        let (resumed, whole) = try trainedInTwoDays(
            try folder.write("llama.jinja", source.replacingOccurrences(of: "<|eot_id|>", with: "<|im_end|>")))
        #expect(resumed.outputs["adapter"] != nil)
        #expect(resumed.outputs["adapter"] == whole.outputs["adapter"])
    }

    @Test func aSweepGoesOnWithTheDayOnWhichItBegan() throws {
        let data = try conversations(16)
        let definition = try folder.write("sweep.yaml", "learning_rate: [1e-3, 1e-2]\nhalving: {reduction: 2}\n")
        let recipe = try folder.write("common.yaml", "rank: 2\nepochs: 2\nbatch_size: 8\n")
        let template = try template()
        let arguments = [
            "sweep", "--sweep", definition, "--recipe", recipe, "--base", Checkout.base, "--dataset", data,
            "--validation", data,
            "--template", template, "--output", "\(folder)/out", "--json",
        ]
        try trainPartly(arguments, zone: zones.first, until: "\(folder)/out/trial-001/snapshot.bin")
        let done = try Executable.run("retort-train", arguments, environment: ["TZ": zones.second])
        #expect(done.status == 0, "\(done.errors)")
        let first = LocalTime(Date(), in: TimeZone(identifier: zones.first) ?? .gmt).startOfDay.description
        let listing = try Executable.run("retort-inspect", "gguf", "\(folder)/out/adapter.gguf", "--json")
        #expect(listing.output.contains(first), "\(listing.output)")
    }

    @Test func anEvaluationNamesTheDateThatItsPromptsPrint() throws {
        let task = try folder.writeTask()
        let split = try folder.write(
            "split.jsonl",
            #"{"messages":[{"role":"user","content":"money back"},{"role":"assistant","content":"refund"}]}"# + "\n")
        let dated = ["--template", try template()]
        func evaluate(_ more: [String]) throws -> (date: JSONValue?, predictions: String) {
            let outcome = try Executable.run(
                "retort-evaluate",
                [
                    "--task", task, "--split", split, "--base", Checkout.base, "--no-baseline", "--output",
                    "\(folder)/out",
                ] + more)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try String(contentsOfFile: "\(folder)/out/report.json", encoding: .utf8)
            return (
                try JSONValue(parsing: report)["date"],
                try String(contentsOfFile: "\(folder)/out/predictions.jsonl", encoding: .utf8)
            )
        }
        let first = try evaluate(dated + ["--date", "2025-03-14"])
        let again = try evaluate(dated + ["--date", "2025-03-14"])
        let later = try evaluate(dated + ["--date", "2026-12-01"])
        #expect(first.date == "2025-03-14" && later.date == "2026-12-01")
        #expect(first == again)
        #expect(first.predictions != later.predictions)
        let today = try evaluate(dated).date?.stringValue
        #expect(today.flatMap { LocalTime($0) } != nil)
        // The base's own template prints none, so that its report is the same on every day.
        #expect(try evaluate(["--date", "2025-03-14"]).date == nil)
    }
}
