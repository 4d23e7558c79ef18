import ChatTemplates
import Foundation
import JSON
import Testing
import TestSupport
import Tokenizers

/// Renderings recorded from jinja2, compared byte for byte.
@Suite struct ChatTemplateConformanceTests {
    /// The fixtures lie beside the checkout; without them this is skipped.
    @Test(.needsFixtures)
    func modelTemplatesRenderAsRecorded() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: ChatTemplateFixtures.folder.path)
        var count = 0
        for file in files.sorted() where file.hasSuffix(".json") && file != "index.json" {
            let recorded = try ChatTemplateFixtures.json(ChatTemplateFixtures.folder.appending(path: file))
            let name = try #require(recorded["template"]?.stringValue)
            let source = try String(contentsOf: ChatTemplateFixtures.folder.appending(path: name), encoding: .utf8)
            let template = try ChatTemplate(source: source)
            let now = try ChatTemplateFixtures.time(try #require(recorded["now"]?.stringValue))
            for testCase in recorded["cases"]?.arrayValue ?? [] {
                count += 1
                let label = "\(file): \(testCase["name"]?.stringValue ?? "")"
                func render() throws -> RenderedConversation {
                    try template.render(
                        messages: testCase["messages"]?.arrayValue ?? [], tools: testCase["tools"]?.arrayValue,
                        addGenerationPrompt: testCase["add_generation_prompt"]?.boolValue ?? false,
                        variables: ChatTemplateFixtures.variables(testCase["vars"]), now: now)
                }
                if let message = testCase["expected_error"]?.stringValue {
                    let error = #expect(throws: ChatTemplateError.self, "\(label)") { try render() }
                    #expect(error?.description == message, "\(label)")
                } else {
                    let expected = try #require(testCase["expected"]?.stringValue)
                    let rendered = try render()
                    #expect(Array(rendered.text.utf8) == Array(expected.utf8), "\(label)")
                    try checkSpans(rendered, testCase["messages"]?.arrayValue ?? [], label)
                }
            }
        }
        #expect(count == 264)
    }

    /// What a span covers is text of the message that it names.
    private func checkSpans(_ rendered: RenderedConversation, _ messages: [JSONValue], _ label: String) throws {
        let utf8 = Array(rendered.text.utf8)
        var end = 0
        for span in rendered.spans {
            #expect(span.utf8Range.lowerBound >= end, "\(label)")
            end = span.utf8Range.upperBound
            let text = String(decoding: utf8[span.utf8Range], as: UTF8.self)
            guard let content = messages[span.messageIndex]["content"]?.stringValue else { continue }
            let message = messages[span.messageIndex]
            // Tool calls and results are printed as JSON, with quotes and escapes.
            guard message["tool_calls"] == nil, message["role"] != "tool" else { continue }
            let reasoning = message["reasoning_content"]?.stringValue ?? ""
            #expect(content.contains(text) || reasoning.contains(text), "\(label)")
        }
    }

    /// One construct each; `Oracles/make_chat_template_cases.py` made them.
    @Test func constructsRenderAsInJinja() throws {
        let recorded = try ChatTemplateFixtures.json(ChatTemplateFixtures.oracle)
        let now = try ChatTemplateFixtures.time(try #require(recorded["now"]?.stringValue))
        let cases = try #require(recorded["cases"]?.arrayValue)
        #expect(cases.count > 1500)
        for testCase in cases {
            let source = try #require(testCase["template"]?.stringValue)
            func render() throws -> String {
                try ChatTemplate(source: source).render(
                    messages: recorded["messages"]?.arrayValue ?? [], addGenerationPrompt: true,
                    variables: ChatTemplateFixtures.variables(recorded["vars"]), now: now
                ).text
            }
            guard let kind = testCase["fails"]?.stringValue else {
                let expected = try #require(testCase["expected"]?.stringValue)
                let found = Result { try render() }
                #expect(try Array(found.get().utf8) == Array(expected.utf8), "\(source)")
                continue
            }
            let error = #expect(throws: ChatTemplateError.self, "\(source)") { try render() }
            if case .raised(_, let message)? = error {
                #expect(kind == "raised")
                #expect(message == testCase["message"]?.stringValue)
            }
            if kind == "raised", source.contains("No ") {
                #expect(error?.description == testCase["message"]?.stringValue, "\(source)")
            }
        }
    }
}
