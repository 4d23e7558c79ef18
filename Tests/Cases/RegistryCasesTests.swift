import Adapters
import Foundation
import GGUF
import JSON
import Storage
import Testing
import TestSupport

/// What is registered is read and checked at the door, and every form of a version that is printed is taken.
@Suite(.ownThreads) struct RegistryCasesTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write("task.yaml", NumbersCasesTests.task)
        try folder.write("rows.jsonl", NumbersCasesTests.rows)
        try randomAdapter().write(to: folder.file("adapter.gguf"))
    }

    private func registry(_ arguments: String...) throws -> Executable.Outcome {
        try Executable.run("retort-registry", arguments + ["--workspace", folder.file("w")])
    }

    private func register(_ artifact: String, _ more: String...) throws -> Executable.Outcome {
        try Executable.run(
            "retort-registry", ["register", "intent", "--artifact", artifact, "--workspace", folder.file("w")] + more)
    }

    private func evaluate(_ arguments: String..., task: String = "task.yaml") throws -> String {
        let outcome = try Executable.run(
            "retort-evaluate",
            [
                "--task", folder.file(task), "--base", Checkout.base, "--split", folder.file("rows.jsonl"), "--output",
                folder.file("evaluation"),
            ] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return folder.file("evaluation/report.json")
    }

    @Test func aFileThatIsNoArtifactIsRefusedAndSaidToBeWhatItIs() throws {
        for (name, text, what) in [
            ("adapter.yaml", "rank: 8\n", "not a GGUF file but text"),
            ("a.json", "{\"a\": 1}", "not a GGUF file but JSON"),
            ("a.zip", "PK\u{3}\u{4}....", "not a GGUF file but a zip archive"),
        ] {
            let outcome = try register(try folder.write(name, text), "--base", Checkout.base)
            #expect(outcome.status == 1 && outcome.errors.contains(what), "\(outcome.errors)")
        }
        #expect(try registry("list").output.isEmpty)
    }

    @Test func theKindIsFoundByReading() throws {
        #expect(try register(Checkout.base).output == "intent:1\n")
        #expect(try register(folder.file("adapter.gguf"), "--base", Checkout.base).output == "intent:2\n")
        let merged = folder.file("merged.gguf")
        let merge = try Executable.run(
            "retort-quantize", Checkout.base, merged, "F16", "--adapter", folder.file("adapter.gguf"))
        #expect(merge.status == 0, "\(merge.errors)")
        #expect(try register(merged).output == "intent:3\n")
        let list = try registry("list").output.split(separator: "\n")
        #expect(list.map { $0.split(separator: " ")[1] } == ["base", "adapter", "merged"])
        let wrong = try register(Checkout.base, "--kind", "adapter")
        #expect(wrong.status == 1 && wrong.errors.contains("--kind: 'adapter', expected 'base'"), "\(wrong.errors)")
        #expect(try register(merged, "--kind", "base").status == 1)
    }

    /// A registration from before the door was there, when a kind was taken as it was said.
    @Test func aWrongKindIsCorrectedByRegisteringAgain() throws {
        #expect(try register(Checkout.base, "--kind", "merged").output == "intent:1\n")
        let again = try register(Checkout.base)
        #expect(again.output == "intent:2\n", "\(again.errors)")
        #expect(try registry("show", "intent:2").output.contains("kind: base"))
        #expect(try registry("history").output.split(separator: "\n").count == 2)
        #expect(try registry("verify").status == 0)
    }

    @Test func anotherBaseIsRefused() throws {
        var bound = try randomAdapter()
        bound.baseDigest = ContentDigest(of: "another base")
        try bound.write(to: folder.file("bound.gguf"))
        let outcome = try register(folder.file("bound.gguf"), "--base", Checkout.base)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("made for the base \(ContentDigest(of: "another base"))"), "\(outcome.errors)")
        let digest = try register(folder.file("bound.gguf"), "--base-digest", ContentDigest(of: "a third").description)
        #expect(digest.status == 3 && digest.errors.contains("--base-digest:"), "\(digest.errors)")
    }

    @Test(.needsFixtures) func aModelThatIsNoBaseOfItIsRefused() throws {
        let outcome = try register(folder.file("adapter.gguf"), "--base", Fixtures.path("models/qwen2.gguf"))
        #expect(outcome.status == 1 && outcome.errors.contains("architecture"), "\(outcome.errors)")
    }

    @Test func anEvaluationOfSomethingElseIsRefused() throws {
        let report = try evaluate("--adapter", folder.file("adapter.gguf"))
        try randomAdapter(amount: 0.1).write(to: folder.file("other.gguf"))
        let other = try register(folder.file("other.gguf"), "--base", Checkout.base, "--evaluation", report)
        #expect(other.status == 3 && other.errors.contains("the evaluation is of another artifact"), "\(other.errors)")
        try folder.write("task2.yaml", NumbersCasesTests.task.replacing("refund", with: "money"))
        let task = try register(
            folder.file("adapter.gguf"), "--base", Checkout.base, "--evaluation", report, "--task",
            folder.file("task2.yaml"))
        #expect(task.status == 3 && task.errors.contains("the evaluation used another task"), "\(task.errors)")
        let good = try register(
            folder.file("adapter.gguf"), "--base", Checkout.base, "--evaluation", report, "--task",
            folder.file("task.yaml"))
        #expect(good.output == "intent:1\n", "\(good.errors)")
    }

    /// Registered with its evaluation alone, a version knows its task, base and recipe; every printed form is taken.
    @Test func theFormThatIsPrintedIsTheFormThatIsTaken() throws {
        let report = try evaluate("--adapter", folder.file("adapter.gguf"))
        #expect(
            try register(folder.file("adapter.gguf"), "--base", Checkout.base, "--evaluation", report).output
                == "intent:1\n")
        let text = try #require(JSONValue(parsing: Data(contentsOf: URL(filePath: report)))["task"]?.stringValue)
        #expect(try registry("show", "intent:1").output.contains("task: \(text)"))
        let list = try registry("list", "intent:1").output
        #expect(list.contains("  passed  accuracy 0."), "\(list)")
        #expect(try registry("promote", "intent:1").status == 64)
        #expect(try registry("promote", "intent", "--reason", "r").status == 1)
        #expect(try registry("promote", "intent:1", "--reason", "a start").output == "intent:1\n")
        #expect(try registry("promote", "intent@production", "--alias", "@canary", "--reason", "r").status == 0)
        for form in [["intent:1"], ["intent@production"], ["intent"], ["intent", "1"], ["intent", "@canary"]] {
            let shown = try Executable.run("retort-registry", ["show"] + form + ["--workspace", folder.file("w")])
            #expect(shown.status == 0 && shown.output.contains("version: 1\n"), "\(form)")
        }
        #expect(try registry("show", "intent:1", "2").status == 1)
        for command in ["list", "history", "verify"] {
            for form in ["intent", "intent:1", "intent@canary"] { #expect(try registry(command, form).status == 0) }
            #expect(try registry(command, "nobody").status == 1)
        }
        let first = try registry("rollback", "intent@production", "--reason", "r")
        #expect(first.status == 1)
        #expect(first.errors.contains("intent:1 is the first version that it ever had"), "\(first.errors)")
        #expect(first.errors.contains("hint: retort-registry promote intent:VERSION"))
        #expect(try registry("rollback", "intent:1", "--reason", "r").status == 1)
        #expect(try registry("promote", "intent:1", "--reason", "two\nlines").status == 1)
    }

    /// PEFT's folder wherever an adapter is taken, and from the registry into serving.
    @Test func aFolderWorksWhereverAnAdapterDoes() async throws {
        let peft = folder.file("peft"), base = Checkout.base
        let convert = try Executable.run(
            "retort-inspect", "adapter", folder.file("adapter.gguf"), "--model", base, "--convert", peft)
        #expect(convert.status == 0, "\(convert.errors)")
        let train = try Executable.run(
            "retort-train", "--base", base, "--dataset", folder.file("rows.jsonl"), "--recipe",
            try folder.write("recipe.yaml", "rank: 2\nalpha: 4\nepochs: 1\nlearning_rate: 1.0e-3\n"), "--init-adapter",
            peft, "--output", folder.file("trained.gguf"))
        #expect(train.status == 0, "\(train.errors)")
        let merge = try Executable.run("retort-quantize", base, folder.file("m.gguf"), "Q8_0", "--adapter", peft)
        #expect(merge.status == 0, "\(merge.errors)")
        let report = try evaluate("--adapter", peft)
        #expect(try register(peft, "--evaluation", report).errors.contains("add --base BASE.gguf"))
        let registered = try register(
            peft, "--base", base, "--evaluation", report, "--task", folder.file("task.yaml"))
        #expect(registered.output == "intent:1\n", "\(registered.errors)")
        #expect(try register(peft, "--base", base, "--evaluation", report).output == "intent:1\n")
        #expect(try registry("show", "intent:1").output.contains("\nsource: sha256:"))
        #expect(try registry("promote", "intent:1", "--reason", "evaluated").status == 0)
        let server = try await Server(
            ["--base", base, "--workspace", folder.file("w"), "--model", "intent@production"])
        #expect(await server.stop() == 0)
    }

    /// A verdict that was edited into a report contradicts the checks that it lists.
    @Test func anEditedVerdictIsRefused() throws {
        try folder.write("gate.yaml", NumbersCasesTests.task + "\ngate: {minimum_accuracy: 1}\n")
        let report = try evaluate("--adapter", folder.file("adapter.gguf"), task: "gate.yaml")
        let json = try String(contentsOfFile: report, encoding: .utf8)
        try #require(json.contains("\"passed\""))
        var edited = try #require(try JSONValue(parsing: json).objectValue)
        try #require(edited["passed"] == false)
        edited["passed"] = true
        let outcome = try register(
            folder.file("adapter.gguf"), "--base", Checkout.base, "--evaluation",
            try folder.write("edited.json", JSONValue.object(edited).serialized()))
        #expect(outcome.status == 1 && outcome.errors.contains("passed: true, expected"), "\(outcome.errors)")
    }

    @Test(arguments: [
        "intent:+1", "intent:01", "intent: 1", "intent:0", "intent:-1", "intent:1.0", "intent:", "intent@",
    ])
    func aVersionHasOneSpelling(text: String) throws {
        #expect(try register(Checkout.base).status == 0)
        let outcome = try registry("show", text)
        #expect(outcome.status == 1 && outcome.errors.contains("expected"), "\(outcome.errors)")
    }

    @Test func aRecipeOrDataSetOfAnotherKindIsRefused() throws {
        for flag in ["--recipe", "--dataset"] {
            let outcome = try register(
                folder.file("adapter.gguf"), "--base", Checkout.base, flag, try folder.write("x.bin", "GGUF\u{0}\u{1}"))
            #expect(outcome.status == 1 && outcome.errors.contains("x.bin"), "\(flag): \(outcome.errors)")
        }
    }

    @Test func aTaskThatIsNotKeptIsRefused() throws {
        let outcome = try register(Checkout.base, "--task", ContentDigest(of: "nothing").description)
        #expect(outcome.status == 1 && outcome.errors.contains("--task: "), "\(outcome.errors)")
    }
}
