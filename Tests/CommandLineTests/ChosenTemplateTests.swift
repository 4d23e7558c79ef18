import Conversations
import Foundation
import Testing

/// A chat template that is chosen for training must be the one that evaluates, on the built executables.
@Suite struct ChosenTemplateTests {
    private let folder = NSTemporaryDirectory() + "retort-chosen-template-\(UUID().uuidString)"
    private let base = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Models/retort-base-6m-f16.gguf").standardizedFileURL.path

    private func write(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    private let rows =
        #"{"messages":[{"role":"user","content":"money back"},{"role":"assistant","content":"refund"}]}"# + "\n"
        + #"{"messages":[{"role":"user","content":"where is it"},{"role":"assistant","content":"track"}]}"# + "\n"

    private func evaluate(_ artifact: [String], _ more: String...) throws -> Executable.Outcome {
        let task = try write(
            "task.yaml",
            """
            name: sample
            labels: [{name: refund}, {name: track}]
            prompts:
              student: {system: Name the intent., user: "{input}"}
              teacher: {user: "{input}"}
            """)
        return try Executable.run(
            "retort-evaluate",
            ["--task", task, "--split", try write("split.jsonl", rows)] + artifact
                + ["--no-baseline", "--output", "\(folder)/out"] + more)
    }

    @Test func whatIsTrainedWithATemplateIsEvaluatedWithThatOneOnly() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = try write("train.jsonl", rows)
        // The base's end of turn, in words of its own.
        let template = try write(
            "words.jinja",
            """
            {%- for m in messages %}{{ m.role }} said: {{ m.content }}<|im_end|>{% endfor %}
            {%- if add_generation_prompt %}assistant said: {% endif %}
            """)
        let adapter = "\(folder)/adapter.gguf"
        let trained = try Executable.run(
            "retort-train", "--base", base, "--dataset", data, "--template", template, "--output", adapter, "--rank",
            "2", "--epochs", "1", "--quiet")
        #expect(trained.status == 0, "\(trained.errors)")

        let other = try evaluate(["--base", base, "--adapter", adapter])
        #expect(other.status == 1)
        #expect(other.errors.contains("adapter.gguf: trained with the chat template sha256:"))
        #expect(other.errors.contains("hint: add --template words.jinja\n"))
        let same = try evaluate(["--base", base, "--adapter", adapter], "--template", template)
        #expect(same.status == 0, "\(same.errors)")

        // A merged model has the template itself.
        let merged = "\(folder)/merged.gguf"
        #expect(try Executable.run("retort-quantize", base, merged, "F16", "--adapter", adapter, "--quiet").status == 0)
        let conversation = try write("c.json", #"{"messages": [{"role": "user", "content": "hi"}]}"#)
        let rendered = try Executable.run(
            "retort-inspect", "template", "--model", merged, "--conversation", conversation)
        #expect(rendered.output == "user said: hi<|im_end|>")
        #expect(try evaluate(["--model", merged]).status == 0)
    }

    @Test func anUnknownTemplateIsAnErrorThatListsTheKnown() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outcome = try evaluate(["--base", base], "--template", "chatlm")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("template: 'chatlm', expected one of alpaca, chatml, gemma, llama2, llama3,"))
        #expect(outcome.errors.contains("or a Jinja file"))
    }
}
