import Foundation
import Testing
import TestSupport

/// The built `retort-inspect template`.
@Suite(.ownThreads) struct TemplateCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func run(template: String, conversation: String) throws -> Executable.Outcome {
        try Executable.run(
            "retort-inspect", "template", "--template", try folder.write("t.jinja", template), "--conversation",
            try folder.write("c.json", conversation))
    }

    private let conversation =
        #"{"messages": [{"role": "user", "content": "é"}], "vars": {"x": 1}, "now": "2025-03-14T09:26:53"}"#

    @Test func theTextComesAsItIsWithoutANewline() throws {
        let outcome = try run(
            template: "{{ messages[0].content }}{{ x }} {{ strftime_now('%d %b %Y') }} ", conversation: conversation)
        #expect(outcome.status == 0)
        #expect(outcome.output == "é1 14 Mar 2025 ")
        #expect(outcome.errors == "")
    }

    @Test func whatATemplateRaisesIsTheMessage() throws {
        let outcome = try run(template: "{{ raise_exception('No system!') }}", conversation: conversation)
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == "error: the chat template refuses the conversation: No system!\nhint: --template chooses another\n")
    }

    @Test func mistakesAreNamed() throws {
        let syntax = try run(template: "a\n{% nosuch %}", conversation: conversation)
        #expect(syntax.status == 1)
        #expect(syntax.errors == "error: chat template, line 2: unknown block 'nosuch'\n")
        let json = try run(template: "", conversation: "{")
        #expect(json.status == 1)
        #expect(json.errors.contains("c.json: not valid JSON"))
        let messages = try run(template: "", conversation: #"{"messages": 1}"#)
        #expect(messages.status == 1)
        #expect(messages.errors.contains("c.json: messages: an integer, expected an array of messages"))
        #expect(try Executable.run("retort-inspect", "template", "--conversation", "x.json").status == 64)
    }
}
