import Foundation
import Testing
import TestSupport

/// Names and texts of strangers forge no line and reach no terminal, whichever stage says them.
@Suite(.ownThreads) struct EscapeTests {
    let folder: ScratchFolder
    static let evil = "a\u{1B}[2J\nerror: forged\u{9B}31m.jsonl"

    init() throws { folder = try ScratchFolder() }

    private func check(_ outcome: Executable.Outcome, quotes: Bool = true) {
        for text in [outcome.output, outcome.errors] {
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" }, "\(text.debugDescription)")
            #expect(!text.split(separator: "\n").contains { $0.hasPrefix("error: forged") }, "\(text)")
        }
        if quotes { #expect((outcome.errors + outcome.output).contains("a\\u{1B}[2J"), "\(outcome)") }
    }

    @Test func namesOfFiles() throws {
        let path = try folder.write("logs/\(EscapeTests.evil)", "{}\n")
        let arguments = ["--workspace", folder.file("w")]
        check(try Executable.run("retort-pull", [folder.file("logs")] + arguments))
        check(try Executable.run("retort-pull", [folder.file("nowhere/\(EscapeTests.evil)")] + arguments))
        check(try Executable.run("retort-inspect", "gguf", path))
        check(try Executable.run("retort-registry", ["register", "n", "--artifact", path] + arguments))
        check(try Executable.run("retort-train", "--base", path, "--dataset", path, "--output", folder.file("o")))
        check(try Executable.run("retort-label", ["--task", path] + arguments), quotes: false)
        check(try Executable.run("retort-curate", ["--task", path] + arguments), quotes: false)
        check(try Executable.run("retort", "run", path))
    }

    @Test func namesThatAreRefused() throws {
        let arguments = ["--workspace", folder.file("w")]
        for command in [["show"], ["list"], ["promote", "--reason", "r"], ["rollback", "--reason", "r"]] {
            let outcome = try Executable.run("retort-registry", command + [EscapeTests.evil] + arguments)
            #expect(outcome.status == 1)
            check(outcome, quotes: false)
        }
        let outcome = try Executable.run("retort-pull", "--\(EscapeTests.evil)")
        #expect(outcome.status == 64)
        check(outcome)
    }

    @Test func whatAModelsFileSays() throws {
        let template = try folder.write("t.jinja", "{{ raise_exception('a\u{1B}[2J\\nerror: forged') }}")
        let messages = try folder.write("m.json", #"[{"role":"user","content":"hi"}]"#)
        let outcome = try Executable.run(
            "retort-inspect", "template", Checkout.base, "--template", template, "--messages", messages)
        check(outcome, quotes: false)
    }
}
