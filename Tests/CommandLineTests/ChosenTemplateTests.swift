import Foundation
import Testing
import TestSupport

/// A chat template that is chosen for training must be the one that evaluates, on the built executables.
@Suite(.ownThreads) struct ChosenTemplateTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func evaluate(_ artifact: [String], _ more: String...) throws -> Executable.Outcome {
        let task = try folder.writeTask()
        return try Executable.run(
            "retort-evaluate",
            ["--task", task, "--split", try folder.write("split.jsonl", ScratchFolder.rows)] + artifact
                + ["--no-baseline", "--output", "\(folder)/out"] + more)
    }

    @Test func whatIsTrainedWithATemplateIsEvaluatedWithThatOneOnly() throws {
        let data = try folder.write("train.jsonl", ScratchFolder.rows)
        // The base's end of turn, in words of its own.
        let template = try folder.write(
            "words.jinja",
            """
            {%- for m in messages %}{{ m.role }} said: {{ m.content }}<|im_end|>{% endfor %}
            {%- if add_generation_prompt %}assistant said: {% endif %}
            """)
        let adapter = "\(folder)/adapter.gguf"
        let trained = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", data, "--template", template, "--output", adapter,
            "--rank",
            "2", "--epochs", "1", "--quiet")
        #expect(trained.status == 0, "\(trained.errors)")

        let other = try evaluate(["--base", Checkout.base, "--adapter", adapter])
        #expect(other.status == 1)
        #expect(other.errors.contains("adapter.gguf: trained with the chat template sha256:"))
        #expect(other.errors.contains("hint: add --template words.jinja\n"))
        let same = try evaluate(["--base", Checkout.base, "--adapter", adapter], "--template", template)
        #expect(same.status == 0, "\(same.errors)")

        // A merged model has the template itself.
        let merged = "\(folder)/merged.gguf"
        #expect(
            try Executable.run("retort-quantize", Checkout.base, merged, "F16", "--adapter", adapter, "--quiet").status
                == 0)
        let conversation = try folder.write("c.json", #"{"messages": [{"role": "user", "content": "hi"}]}"#)
        let rendered = try Executable.run(
            "retort-inspect", "template", "--model", merged, "--conversation", conversation)
        #expect(rendered.output == "user said: hi<|im_end|>")
        #expect(try evaluate(["--model", merged]).status == 0)
    }

    @Test func anUnknownTemplateIsAnErrorThatListsTheKnown() throws {
        let outcome = try evaluate(["--base", Checkout.base], "--template", "chatlm")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("template: 'chatlm', expected one of alpaca, chatml, gemma, llama2, llama3,"))
        #expect(outcome.errors.contains("or a Jinja file"))
    }
}
