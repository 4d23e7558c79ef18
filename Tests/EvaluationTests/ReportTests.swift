import Evaluation
import Foundation
import JSON
import Storage
import Testing
import TestSupport

@Suite struct ReportTests {
    private func report(_ gate: String = "minimum_accuracy: 0.7, minimum_margin_over_baseline: -0.5") throws
        -> EvaluationReport
    {
        let task = try Samples.task("gate: {\(gate)}\nescalation: {threshold: 0.7}")
        let digest = ContentDigest(of: "artifact")
        return EvaluationReport(
            name: "a <b> & \"c\"",
            subject: .init(kind: .adapter, digest: digest, baseDigest: ContentDigest(of: "base")),
            task: task, dataset: nil, split: ContentDigest(of: "split"), examples: Samples.examples,
            result: try Samples.result(Samples.first, task: task),
            references: [
                try Samples.result(Samples.second, .base, name: "base"),
                try Samples.result(Samples.truth, .baseline, name: "linear baseline"),
            ])
    }

    @Test func theReportSaysWhatRegistriesRead() throws {
        let json = try report().json
        #expect(json["format"] == "retort.evaluation/1")
        #expect(json["artifact"]?["kind"] == "adapter")
        #expect(json["artifact"]?["digest"] == .string(ContentDigest(of: "artifact").description))
        #expect(json["artifact"]?["base_digest"] == .string(ContentDigest(of: "base").description))
        #expect(json["dataset"] == .null)
        #expect(json["passed"] == true)
        #expect(json["checks"]?.arrayValue?.count == 2)
        let systems = try #require(json["results"]?["systems"]?.arrayValue)
        #expect(systems.map { $0["name"]?.stringValue } == ["adapter", "base", "linear baseline"])
        #expect(systems[0]["accuracy"]?["interval"] == "wilson")
        #expect(systems[0]["macro_f1"]?["interval"] == "bootstrap")
        #expect(systems[2]["calibration_error"] == nil)
        #expect(json["results"]?["comparisons"]?.arrayValue?[0]["only_first_right"] == 17)
        #expect(try report("minimum_accuracy: 0.9").json["passed"] == false)
    }

    @Test func filesAreWrittenWholeAndTheSameEachTime() throws {
        let folder = try ScratchFolder()
        let digest = try report().write(to: folder.path)
        #expect(try ContentDigest(ofFile: "\(folder.path)/report.json") == digest)
        #expect(try report().write(to: folder.path) == digest)
        let lines = try String(contentsOfFile: "\(folder.path)/predictions.jsonl", encoding: .utf8).split(
            separator: "\n")
        #expect(lines.count == 60)
        let line = try JSONValue(parsing: String(lines[8]))
        #expect(line["label"] == "cancel" && line["answer"] == "refund" && line["correct"] == false)
        #expect(line["references"]?["base"] == "cancel")
    }

    @Test func thePageStandsAloneAndEscapesNames() throws {
        let folder = try ScratchFolder()
        try report().write(to: folder.path)
        let page = try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8)
        #expect(page.contains("a &lt;b&gt; &amp; &quot;c&quot;"))
        #expect(!page.contains("a <b>"))
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
        #expect(page.components(separatedBy: "<svg").count - 1 == 5)
        // Well formed enough for an XML parser, but for the doctype and void elements.
        for part in page.components(separatedBy: "<svg").dropFirst() {
            let picture = "<svg" + part.components(separatedBy: "</svg>")[0] + "</svg>"
            #expect(picture.components(separatedBy: "<text").count == picture.components(separatedBy: "</text>").count)
        }
    }

    @Test func theTableNamesEverySystem() throws {
        let table = try report().table
        #expect(table.contains("linear baseline"))
        #expect(table.contains("76.7 % [64.6, 85.6]"))
        #expect(table.contains("gate: passed"))
        let other = try report("minimum_accuracy: 0.7").table
        #expect(other.contains("FAILED  significantly worse than the linear baseline, which costs nothing"))
        #expect(other.contains("gate: not passed"))
    }
}
