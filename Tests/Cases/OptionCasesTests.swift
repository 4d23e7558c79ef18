import Foundation
import JSON
import Testing
import TestSupport

/// Flags that contradict each other, or themselves.
@Suite(.ownThreads) struct OptionCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// The last one counted, and half of somebody's labels was left out with exit 0.
    @Test(arguments: [
        ["--labels", "a", "--labels", "b"], ["--labels=a", "--labels", "b"], ["--labels=a", "--labels=a"],
    ])
    func anOptionOfOneValueIsGivenOnce(labels: [String]) throws {
        let outcome = try Executable.run(
            "retort-curate", ["--task", "t.yaml", "--output", folder.file("d"), "--json"] + labels)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("error: --labels: given twice, expected once"), "\(outcome.errors)")
        let report = try JSONValue(parsing: outcome.output)
        #expect(report["failure"]?["message"] == "--labels: given twice, expected once")
    }

    @Test func whatMayBeGivenOftenStillMay() throws {
        let outcome = try Executable.run(
            "retort-label",
            [
                "--task", folder.file("none.yaml"), "--endpoint", "http://127.0.0.1:1", "--model", "m",
                "--teacher-option", "seed=1", "--teacher-option", "top_p=0.5", "--quiet", "--quiet",
            ])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("none.yaml"), "\(outcome.errors)")
    }

    @Test func asManyOptionsAsThereAreAreLookedAt() throws {
        for (command, arguments) in [
            ("retort", ["run", "p.yaml", "--only", "a", "--only", "b"]),
            ("retort-pull", ["x", "--workload", "a", "--workload", "b"]),
            ("retort-registry", ["promote", "m", "1", "--alias", "a", "--alias", "b", "--reason", "r"]),
            ("retort-label", ["ledger", "settle", "1", "--usd", "1", "--usd", "2", "--reason", "r"]),
        ] {
            let outcome = try Executable.run(command, arguments)
            #expect(outcome.status == 64 && outcome.errors.contains("given twice, expected once"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [
        (
            ["--max-tokens", "7", "--teacher-option", "max_tokens=5"],
            "--max-tokens and --teacher-option max_tokens exclude"
        ),
        (["--teacher-option", #"a={"b":1,"b":2}"#], "--teacher-option: a: a key twice in one object"),
        (["--endpoint", "http://127.0.0.1:1/v1#x"], "a query or a fragment, expected none of them"),
        (["--key-env", "sk-0123456789abcdef"], "(its name looks like a key, and is not shown) is not set"),
        (
            ["--key-env", "AIzaSyA0123456789abcdefghijklmnop"],
            "(its name looks like a key, and is not shown) is not set"
        ),
        (["--key-env", "NO_SUCH_KEY"], "environment variable NO_SUCH_KEY is not set"),
    ])
    func whatATeacherIsAskedWithIsRefusedByName(flags: [String], message: String) throws {
        let label = try LabelCase(["where is it"])
        let endpoint = flags.contains("--endpoint") ? [] : ["--endpoint", "http://127.0.0.1:1"]
        let outcome = try Executable.run(
            "retort-label",
            [
                "--task", label.folder.file("task.yaml"), "--input", label.folder.file("in.jsonl"), "--workspace",
                label.workspace, "--model", "m",
            ] + endpoint + flags)
        #expect(outcome.status == 1 || outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!outcome.errors.contains("0123456789abcdef"))
    }

    @Test func aFaultIsGivenOnce() throws {
        let recording = try folder.write("r.jsonl", #"{"input":"a","answer":"b"}"#)
        let outcome = try Executable.run(
            "retort-replay", "--recording", recording, "--faults", "429=0.1,429=0.2")
        #expect(
            outcome.status == 1 && outcome.errors.contains("'429' is given twice, expected once"), "\(outcome.errors)")
    }

    @Test(arguments: [("5", "an integer"), ("null", "null"), (#"["b"]"#, "an array")])
    func whatStandsInTheAnswersPlaceIsNamed(answer: String, found: String) throws {
        let recording = try folder.write("r.jsonl", #"{"input":"a","answer":\#(answer)}"#)
        let outcome = try Executable.run("retort-replay", "--recording", recording)
        #expect(outcome.errors.contains("line 1: answer: \(found), expected a text"), "\(outcome.errors)")
    }
}
