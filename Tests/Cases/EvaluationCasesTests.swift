import Adapters
import Foundation
import JSON
import Storage
import Testing
import TestSupport

/// A split says when its figures mean less than they seem to, and a row says one thing.
@Suite(.ownThreads) struct EvaluationCasesTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(
            "task.yaml",
            """
            name: t
            kind: classification
            labels: [{name: refund}, {name: order}]
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}

            """)
    }

    private func evaluate(_ rows: String, _ more: String...) throws -> Executable.Outcome {
        try Executable.run(
            "retort-evaluate",
            [
                "--task", folder.file("task.yaml"), "--base", Checkout.base, "--split",
                try folder.write("split.jsonl", rows), "--output", folder.file("evaluation"), "--no-base",
            ] + more)
    }

    private func row(_ answer: String, label: String, input: String = "my money") -> String {
        """
        {"messages":[{"role":"user","content":"\(input)"},{"role":"assistant","content":"\(answer)"}],\
        "metadata":{"id":"\(ContentDigest(of: input))","input":"\(input)","label":"\(label)"}}

        """
    }

    /// Training learns the message and an evaluation measured the metadata, so that an edit of one of them was never seen.
    @Test func aRowWhoseAnswerIsNotThatOfItsMetadataIsRefused() throws {
        let outcome = try evaluate(row("order", label: "refund"), "--no-baseline")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains("row 1: the assistant's message: 'order', expected 'refund'"), "\(outcome.errors)")
        #expect(try evaluate(row("refund", label: "refund"), "--no-baseline").status == 0)
    }

    @Test func rowsThatRepeatOrWereTrainedOnAreCounted() throws {
        let rows = row("refund", label: "refund") + row("refund", label: "refund")
        let training = rows + row("order", label: "order", input: "one more, please")
        let outcome = try evaluate(rows, "--train", try folder.write("train.jsonl", training))
        #expect(outcome.errors.contains("1 of 2 rows repeat the input of an earlier one"), "\(outcome.errors)")
        #expect(outcome.errors.contains("2 of 2 rows are training rows too"), "\(outcome.errors)")
    }

    /// A merged model is compared with the base that it was made from.
    @Test func aModelIsComparedWithItsBase() throws {
        try randomAdapter().write(to: folder.file("adapter.gguf"))
        let merge = try Executable.run(
            "retort-quantize", Checkout.base, folder.file("merged.gguf"), "F16", "--adapter",
            folder.file("adapter.gguf"))
        try #require(merge.status == 0, "\(merge.errors)")
        let outcome = try Executable.run(
            "retort-evaluate", "--task", folder.file("task.yaml"), "--model", folder.file("merged.gguf"), "--base",
            Checkout.base,
            "--split", try folder.write("split.jsonl", row("refund", label: "refund")), "--no-baseline", "--output",
            folder.file("evaluation"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try JSONValue(parsing: Data(contentsOf: URL(filePath: folder.file("evaluation/report.json"))))
        #expect(
            report["results"]?["systems"]?.arrayValue?.count == 2,
            "\(report["results"]?.serialized().prefix(400) ?? "")")
    }

    /// Serving refuses it, so it is an answer that is missing; it ended an evaluation, when it was reached.
    @Test func aPromptThatIsTooLongIsAMissingAnswer() throws {
        let long = String(repeating: "my money ", count: 2000)
        let outcome = try evaluate(
            row("refund", label: "refund") + row("order", label: "order", input: long), "--no-baseline", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.count("too_long_prompts") == 1)
        #expect(outcome.errors.contains("1 of 2 prompts are longer than the model's context"), "\(outcome.errors)")
        let predictions = try String(contentsOfFile: folder.file("evaluation/predictions.jsonl"), encoding: .utf8)
        #expect(predictions.contains("prompt_too_long"))
    }

    @Test func aRowWhoseInputIsNotThatOfItsMetadataIsRefused() throws {
        let edited = row("refund", label: "refund").replacing("my money\"},{", with: "your money\"},{")
        let outcome = try evaluate(edited, "--no-baseline")
        #expect(outcome.status == 1 && outcome.errors.contains("row 1: metadata.input:"), "\(outcome.errors)")
    }

    /// Foundation's parts of a path trap on a name of one character.
    @Test func aFileMayHaveANameOfOneCharacter() throws {
        try folder.write("t", row("refund", label: "refund"))
        let outcome = try Executable.run(
            "sh", "-c",
            "cd \(folder) && \(Executable.folder)/retort-evaluate --task task.yaml --base \(Checkout.base) --split t "
                + "--output e --no-baseline", in: "/bin")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// What is read is not written over, and no two outputs are one.
    @Test func outputsAreNoInputsAndNotEachOther() throws {
        let split = try folder.write("evaluation/predictions.jsonl", row("refund", label: "refund"))
        let evaluate = try Executable.run(
            "retort-evaluate", "--task", folder.file("task.yaml"), "--base", Checkout.base, "--split", split,
            "--output", folder.file("evaluation"), "--no-baseline")
        #expect(evaluate.status == 1 && evaluate.errors.contains("is what --split reads"), "\(evaluate.errors)")
        #expect(try String(contentsOfFile: split, encoding: .utf8) == row("refund", label: "refund"))
        let base = try folder.write("b.gguf", Data(contentsOf: URL(filePath: Checkout.base)))
        let back = try Executable.run("retort-quantize", base, "\(folder)/none/../b.gguf", "Q8_0")
        #expect(back.status == 1 && back.errors.contains("is what <input> reads"), "\(back.errors)")
        let prompts = try folder.write("p.jsonl", "{\"text\": \"my money\"}\n")
        let matrix = try Executable.run(
            "retort-quantize", base, folder.file("o.gguf"), "Q8_0", "--calibrate", prompts, "--imatrix-out",
            folder.file("o.gguf"))
        #expect(matrix.status == 1 && matrix.errors.contains("is what <output> writes"), "\(matrix.errors)")
        let train = try Executable.run(
            "retort-train", "--base", base, "--dataset", prompts, "--output", folder.file("a.gguf"), "--report",
            folder.file("a.gguf"))
        #expect(train.status == 1 && train.errors.contains("is what --report writes"), "\(train.errors)")
        let dash = try Executable.run("retort-quantize", base, "-", "Q8_0")
        #expect(dash.status == 1 && dash.errors.contains("<output>: '-', expected a path"), "\(dash.errors)")
    }
}
