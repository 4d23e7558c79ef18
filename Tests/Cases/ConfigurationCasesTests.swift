import Foundation
import Testing
import TestSupport

/// What people write in YAML and what YAML 1.1 makes of it.
@Suite(.ownThreads) struct ConfigurationCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Runs a stage that reads a task and then lacks its labels: what is wrong with the task is said first.
    private func curate(_ task: String) throws -> String {
        let path = try folder.write("task.yaml", task)
        let labels = try folder.write("labels.jsonl", #"{"input":"a","label":"no"}"# + "\n")
        let outcome = try Executable.run(
            "retort-curate", "--task", path, "--labels", labels, "--output", folder.file("d"), "--workspace",
            folder.file("w"))
        return outcome.errors
    }

    /// Forty texts that have little in common, labeled in turn.
    private func rows(_ labels: [String]) -> String {
        let words = [
            "amber", "birch", "canyon", "delta", "ember", "fjord", "glacier", "harbor", "island", "jungle", "kettle",
            "lagoon",
            "meadow", "nectar", "orchard", "prairie", "quarry", "river", "summit", "tundra", "upland", "valley",
            "willow",
        ]
        return (0..<40).map { number in
            let text =
                [1, 5, 7].map { words[(number * $0 + $0) % words.count] }.joined(separator: " ") + " \(number * 37)"
            return
                #"{"input":"\#(text)","label":"\#(labels[number % labels.count])","time":"2026-01-01T00:00:\#(10 + number)Z"}"#
                + "\n"
        }.joined()
    }

    private func task(_ labels: String, more: String = "") -> String {
        "name: t\nkind: classification\nlabels:\n\(labels)prompts:\n  student: {user: \"{input}\"}\n"
            + "  teacher: {user: \"{input}\"}\n\(more)"
    }

    @Test func labelsAreTakenAsTheyAreWritten() throws {
        let path = try folder.write(
            "task.yaml", task("  - {name: no}\n  - {name: yes}\n  - {name: 404}\n  - {name: 1.10}\n  - {name: 010}\n"))
        let labels = try folder.write("labels.jsonl", rows(["no", "yes", "404", "1.10", "010"]))
        let outcome = try Executable.run(
            "retort-curate", "--task", path, "--labels", labels, "--output", folder.file("d"), "--workspace",
            folder.file("w"), "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rows = try ["train", "validation", "test"].map {
            try String(contentsOfFile: folder.file("d/\($0).jsonl"), encoding: .utf8)
        }.joined()
        for label in ["no", "yes", "404", "1.10", "010"] { #expect(rows.contains(#""label":"\#(label)""#), "\(label)") }
    }

    @Test func aLabelThatIsNoWordIsRefusedByLine() throws {
        let said = try curate(task("  - {name: null}\n  - {name: ~}\n"))
        #expect(
            said.contains("line 4: labels[0].name: null, which is no value, expected a text; quotes make it a text"))
        #expect(said.contains("line 5: labels[1].name: ~, which is no value"))
    }

    @Test(arguments: [
        ("escalation: {threshold: 1_0}", "escalation.threshold: '1_0', expected a number"),
        ("escalation: {threshold: 0:30}", "escalation.threshold: '0:30', expected a number"),
        ("escalation: {threshold: \"0.5\"}", "escalation.threshold: '0.5', expected a number"),
        ("escalation: {threshold: .nan}", "escalation.threshold: '.nan', expected a number"),
        ("split: {seed: 010}", "split.seed: '010', expected a whole number"),
        ("split: {seed: 0x10}", "split.seed: '0x10', expected a whole number"),
        ("split: {seed: 1.5}", "split.seed: '1.5', expected a whole number"),
        ("split: {seed: 1, seed: 2}", "line 9: 'seed': twice in one mapping, expected once"),
        ("split:\n\tseed: 1", "line 10, column 1: not valid YAML: "),
        ("---\nname: u", "line 9, column 1: not valid YAML: but found another document"),
        ("? [a, b]\n: 1", "a key that is a list or a mapping, expected a word"),
        ("metric: *nothing", "not valid YAML: found undefined alias"),
    ])
    func whatMeansSomethingElseIsRefusedByLine(line: String, message: String) throws {
        let said = try curate(task("  - {name: a}\n  - {name: b}\n", more: line + "\n"))
        #expect(said.hasPrefix("error: \(folder)/task.yaml: "), "\(said)")
        #expect(said.contains(message), "\(said)")
    }

    @Test(arguments: ["split: {seed: 1.0}", "split: {seed: 1e2}", "escalation: {threshold: 5e-1}"])
    func numbersMayBeWrittenAsTheyLike(line: String) throws {
        let said = try curate(task("  - {name: no}\n  - {name: b}\n", more: line + "\n"))
        #expect(!said.contains("\(folder)/task.yaml"), "\(said)")
    }

    @Test func aFileOfAnotherKindIsCalledWhatItIs() throws {
        let said = try curate("rank: 8\nepochs: 3\n")
        #expect(said.contains("hint: it looks like a recipe; was another file meant?"), "\(said)")
        let task = try folder.write("other.yaml", task("  - {name: a}\n  - {name: b}\n"))
        let outcome = try Executable.run("retort", "run", task)
        #expect(outcome.errors.contains("hint: it looks like a task"), "\(outcome.errors)")
    }

    /// Aliases of aliases multiply; a file of a few hundred bytes must not take the machine.
    @Test func aliasesThatMultiplyAreRefused() throws {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (name, before) in zip("bcdefghi", "abcdefgh") {
            text += "\(name): &\(name) [\(Array(repeating: "*\(before)", count: 10).joined(separator: ", "))]\n"
        }
        let said = try curate(
            "name: t\nkind: generation\nanswer: {enum: *i}\n".replacingOccurrences(of: "name", with: "\(text)name"))
        #expect(said.contains("answer: more than 100000 values, expected fewer"), "\(said)")
    }

    /// A slice that no row can be in says nothing of an adapter, and nobody would know.
    @Test(arguments: [
        (
            "{name: s, minimum_length: 9, maximum_length: 3}",
            "slices[0].maximum_length: 3, expected minimum_length or more (9)"
        ),
        ("{name: s, keywords: [\"\"]}", "slices[0].keywords: '', expected words"),
        ("{name: s, keywords: [good, \" \"]}", "slices[0].keywords: ' ', expected words"),
        ("{name: s, keywords: []}", "slices[0].keywords: an empty list, expected one or more"),
        ("{name: s, labels: []}", "slices[0].labels: an empty list, expected one or more"),
        ("{name: s, keywords: [good, null]}", "slices[0].keywords[1]: nothing, expected a text"),
        ("{name: s, keywords: [good, [a]]}", "slices[0].keywords[1]: a list, expected a text"),
    ])
    func aSliceThatNoRowCanBeInIsRefused(slice: String, message: String) throws {
        let said = try curate(task("  - {name: no}\n", more: "slices: [\(slice)]\n"))
        #expect(said.contains(message), "\(said)")
    }

    /// As some editors save it.
    @Test func aByteOrderMarkIsNoPartOfTheText() throws {
        let text = task("  - {name: no}\n  - {name: \"yes\"}\n").replacingOccurrences(of: "\n", with: "\r\n")
        let errors = try curate("\u{FEFF}" + text)
        #expect(!errors.contains("YAML"), "\(errors)")
        #expect(errors.contains("nothing is left to train on"), "\(errors)")
    }
}
