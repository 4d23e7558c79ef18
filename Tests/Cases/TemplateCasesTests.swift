import Foundation
import JSON
import Testing
import TestSupport

/// What `retort-inspect template` says of how a template is used.
@Suite(.ownThreads) struct TemplateCasesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func inspect(_ arguments: String...) throws -> Executable.Outcome {
        try Executable.run("retort-inspect", ["template"] + arguments)
    }

    @Test func saysHowTrainingUsesATemplate() throws {
        let outcome = try inspect("--model", Checkout.base)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("arguments of tool calls: text\n"))
        #expect(outcome.output.contains("before an answer: \"\"\n"))
        #expect(outcome.output.contains("built-in templates that fit: "))
        #expect(outcome.output.contains("chatml"))
    }

    /// A template that walks over arguments takes objects, whichever way the data has them.
    @Test(.needsShared("cases/model/tool-arguments"))
    func argumentsAreGivenAsTheTemplateTakesThem() throws {
        let template = Checkout.shared("cases/model/tool-arguments/coder.jinja")
        let use = try inspect("--model", Checkout.base, "--template", template)
        #expect(use.output.contains("arguments of tool calls: object\n"), "\(use.errors)")
        for arguments in [#""{\"city\": \"Paris\"}""#, #"{"city": "Paris"}"#] {
            let conversation = try folder.write(
                "c.json",
                #"{"messages":[{"role":"user","content":"weather in Paris?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":\#(arguments)}}]}]}"#
            )
            let outcome = try inspect(
                "--model", Checkout.base, "--template", template, "--conversation", conversation, "--as-trained",
                "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try JSONValue(parsing: Array(outcome.output.utf8))
            #expect(report["details"]?["text"]?.stringValue?.contains("<parameter=city>\nParis\n</parameter>") == true)
            let tokens = try #require(report["details"]?["tokens"]?.arrayValue)
            let first = try #require(report["details"]?["messages"]?.arrayValue?.first)
            #expect(report["counts"]?["tokens"]?.integerValue == tokens.count)
            #expect(try #require(first["first_token"]?.integerValue) > 0)
            #expect(try #require(first["tokens"]?.integerValue) > 3)
        }
        let recipe = try folder.write("recipe.yaml", "rank: 4\nepochs: 1\n")
        let trained = try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", Checkout.shared("cases/model/tool-arguments/d.jsonl"),
            "--template", template, "--recipe", recipe, "--output", folder.file("a.gguf"), "--json")
        #expect(trained.status == 0, "\(trained.errors)")
    }

    @Test(.needsShared("models"))
    func aModelWithoutATemplateNamesThoseThatFit() throws {
        let outcome = try inspect("--model", Checkout.shared("models/stories260K-ctx512-f32.gguf"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("hint: --template "), "\(outcome.errors)")
        #expect(!outcome.errors.contains("chatml"), "\(outcome.errors)")
        #expect(outcome.errors.contains("zephyr"), "\(outcome.errors)")
    }
}
