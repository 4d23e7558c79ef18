import Conversations
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

    private func task(_ labels: String, more: String = "") -> String {
        "name: t\nkind: classification\nlabels:\n\(labels)prompts:\n  student: {user: \"{input}\"}\n"
            + "  teacher: {user: \"{input}\"}\n\(more)"
    }

    @Test func labelsAreTakenAsTheyAreWritten() throws {
        let path = try folder.write(
            "task.yaml", task("  - {name: no}\n  - {name: yes}\n  - {name: 404}\n  - {name: 1.10}\n  - {name: 010}\n"))
        let labels = try folder.write(
            "labels.jsonl",
            ["no", "yes", "404", "1.10", "010"].enumerated().map {
                #"{"input":"text number \#($0) of its own \#(String(repeating: $1, count: 3))","label":"\#($1)"}"#
                    + "\n"
            }.joined())
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
        ("split: {seed: 1, seed: 2}", "line 10: 'seed': twice in one mapping, expected once"),
        ("split:\n\tseed: 1", "line 11, column 1: not valid YAML: "),
        ("---\nname: u", "line 10, column 1: not valid YAML: but found another document"),
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
        #expect(!said.contains("task.yaml"), "\(said)")
    }

    @Test func aFileOfAnotherKindIsCalledWhatItIs() throws {
        let said = try curate("rank: 8\nepochs: 3\n")
        #expect(said.contains("hint: it looks like a recipe; was another file meant?"), "\(said)")
        let task = try folder.write("other.yaml", task("  - {name: a}\n  - {name: b}\n"))
        let outcome = try Executable.run("retort", "run", task)
        #expect(outcome.errors.contains("hint: it looks like a task"), "\(outcome.errors)")
    }

    /// The words of a schema are words.
    @Test func yesAndNoInASchemaAreTexts() throws {
        let path = try folder.write(
            "task.yaml",
            """
            name: t
            kind: generation
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
            answer: {type: object, properties: {sure: {enum: [yes, no, 1e3, 12:30, true]}}}
            """)
        let labels = try folder.write(
            "labels.jsonl",
            [#"{\"sure\":\"yes\"}"#, #"{\"sure\":\"12:30\"}"#, #"{\"sure\":1000}"#, #"{\"sure\":true}"#].enumerated()
                .map {
                    #"{"input":"text number \#($0)","label":"\#($1)"}"# + "\n"
                }.joined())
        let outcome = try Executable.run(
            "retort-curate", "--task", path, "--labels", labels, "--output", folder.file("d"), "--workspace",
            folder.file("w"))
        #expect(outcome.status == 0, "\(outcome.errors)")
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
}
