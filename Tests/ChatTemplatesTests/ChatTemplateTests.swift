import ChatTemplates
import Foundation
import JSON
import Testing
import TestSupport
import Tokenizers

@Suite(.ownThreads) struct ChatTemplateTests {
    private func text(_ source: String, _ messages: [JSONValue] = []) throws -> String {
        try ChatTemplate(source: source).render(
            messages: messages, addGenerationPrompt: false, now: ChatTemplateFixtures.someDay
        ).text
    }

    private func failure(_ source: String) -> String? {
        do {
            _ = try text(source)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: Errors

    @Test(arguments: [
        ("a\n{% if x %}", "chat template, line 2: block 'if' does not end, expected 'elif' or 'else' or 'endif'"),
        ("\n\n{% nosuch %}", "chat template, line 3: unknown block 'nosuch'"),
        ("{{ 'x'\n|nosuch }}", "chat template, line 2: unknown filter 'nosuch'"),
        ("{{ 1 is nosuch }}", "chat template, line 1: unknown test 'nosuch'"),
        ("\n{{ 1 +", "chat template, line 2: '{{' that does not end"),
        ("{# x", "chat template, line 1: a comment '{#' that does not end"),
        (
            "{% include 'x' %}",
            "chat template, line 1: 'include' needs other templates, of which a chat template has none"
        ),
        ("x\n{{ a.b.c }}", "chat template, line 2: attribute 'b': 'a' is undefined"),
        ("x\n\n{{ 'a' + 1 }}", "chat template, line 3: operator '+' is not supported between str and int"),
        ("{% for i in 5 %}{% endfor %}", "chat template, line 1: block 'for': int cannot be iterated over"),
        ("{{ nosuch() }}", "chat template, line 1: a call: 'nosuch' is undefined"),
        (
            "{{ [].append(1) }}",
            "chat template, line 1: a call: method 'append' of a list would change it, which a chat template must not"
        ),
        ("{{ 9223372036854775807 + 1 }}", "chat template, line 1: an integer beyond 64 bits"),
        ("{{ raise_exception('only this') }}", "only this"),
    ])
    func errorsNameConstructAndLine(source: String, message: String) {
        #expect(failure(source) == message)
    }

    // MARK: Hostile templates

    @Test(arguments: [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 10000000000 }}",
        "{{ 'x' * 9223372036854775807 }}",
        "{% set ns = namespace(s='xxxxxxxxxx') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(x) %}{{ f(x) ~ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% for n in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ range(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ 'a'|indent(1000000000) }}",
        "{{ strftime_now('%1000000000d') }}",
        "{{ 2 ** 100000 }}",
        "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(3000) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l={}) %}{% for i in range(90000) %}{% set ns.l = {'a': ns.l} %}{% endfor %}{{ ns.l }}",
        "{% for i in range(1000) %}{% set x = range(90000)|sort %}{% endfor %}",
        "{% for i in range(90000) %}{% set x = [0]|batch(90000, 'x' * 1000)|list %}{% endfor %}",
    ])
    func hostileTemplatesAreStopped(source: String) {
        let start = processorTime()
        #expect(failure(source) != nil)
        #expect(processorTime() - start < 20)
    }

    @Test func ringsAndChainsOfNamespacesAreHarmless() throws {
        #expect(
            try text("{% set a = namespace() %}{% set a.a = a %}{% set a.l = [a] %}{{ a.l|length }}{{ a.l }}")
                == "1[<Namespace {...}>]")
        let chain = """
            {% set ns = namespace(c=namespace()) %}
            {% for i in range(50000) %}{% set c = ns.c %}{% set c.next = namespace() %}{% set ns.c = c.next %}{% endfor %}
            {% set ns.c = 0 %}
            """
        #expect(try text(chain) == "")
    }

    @Test func deepNestingIsRefusedAndNotFatal() {
        let brackets = String(repeating: "(", count: 100_000)
        #expect(failure("{{ \(brackets)") != nil)
        #expect(
            failure("{{ " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + " }}") != nil)
        #expect(failure("{{ " + String(repeating: "not ", count: 100_000) + "x }}") != nil)
        #expect(failure("{{ " + String(repeating: "-", count: 100_000) + "1 }}") != nil)
        #expect(failure(String(repeating: "{% if x %}", count: 10_000)) != nil)
        #expect(failure("{{ x" + String(repeating: ".x", count: 100_000) + " }}") != nil)
        #expect(failure("{{ 1" + String(repeating: "+1", count: 100_000) + " }}") != nil)
    }

    @Test func aTemplateCutAnywhereIsAnErrorOrText() {
        let source = Array(
            "{# c #}{% for m in messages %}{{ '<' + m['role']|upper ~ 1.5 }}{% if m.x is defined %}{% raw %}{{{% endraw %}{% endif %}{% endfor %}"
                .unicodeScalars)
        for end in 0...source.count {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: source[..<end])
            // No trap; whether it is an error depends on the place.
            _ = failure(String(view))
        }
    }

    // MARK: Spans

    private let conversation: [JSONValue] = [
        ["role": "system", "content": "Sys"],
        ["role": "user", "content": "  Ünï  "],
        ["role": "assistant", "content": "Sys"],
    ]

    private func spans(_ source: String, _ messages: [JSONValue]) throws -> [String] {
        let rendered = try ChatTemplate(source: source).render(
            messages: messages, addGenerationPrompt: true, now: ChatTemplateFixtures.someDay)
        let utf8 = Array(rendered.text.utf8)
        return rendered.spans.map { "\($0.messageIndex):" + String(decoding: utf8[$0.utf8Range], as: UTF8.self) }
    }

    @Test func spansFollowContentThroughExpressions() throws {
        let source = """
            {%- set sys = messages[0].content -%}
            {%- for m in messages[1:] -%}
            <{{ m.role }}>{{ '[' + (sys if loop.first else '') + '|' + m.content|trim|upper ~ ']' }}
            {%- endfor -%}
            """
        #expect(try spans(source, conversation) == ["0:Sys", "1:ÜNÏ", "2:SYS"])
        #expect(try text(source, conversation) == "<user>[Sys|ÜNÏ]<assistant>[|SYS]")
    }

    @Test func equalTextsAreToldApart() throws {
        let source = "{{ messages[2].content }}{{ messages[0].content }}Sys"
        #expect(try spans(source, conversation) == ["2:Sys", "0:Sys"])
    }

    @Test(arguments: [
        ("{{ messages[2].content.replace('y', '--') }}", ["2:S", "2:s"]),
        ("{{ messages[2].content.split('y')|join('+') }}", ["2:S", "2:s"]),
        ("{{ messages[2].content[::-1] }}", ["2:syS"]),
        ("{{ '%s!' % messages[2].content }}", ["2:Sys"]),
        ("{{ '{}!'.format(messages[2].content) }}", ["2:Sys"]),
        ("{% set x %}({{ messages[2].content }}){% endset %}{{ x }}", ["2:Sys"]),
        ("{% macro f(x) %}({{ x }}){% endmacro %}{{ f(messages[2].content) }}", ["2:Sys"]),
        ("{{ messages[2].content|tojson }}", ["2:\"Sys\""]),
        ("{{ messages[2]|tojson }}", ["2:{\"role\": \"assistant\", \"content\": \"Sys\"}"]),
        ("{{ {'a': [messages[2].content, 'b']}|tojson }}", ["2:\"Sys\""]),
        ("{% set w = {'content': messages[2].content} %}{{ w|tojson(indent=1) }}", ["2:\"Sys\""]),
        ("{{ messages[2].role }}", []),
        ("{% if messages[2].content %}yes{% endif %}", []),
    ])
    func spansSurvive(source: String, expected: [String]) throws {
        #expect(try spans(source, conversation) == expected)
    }

    @Test func generationBlocksAreReported() throws {
        let rendered = try ChatTemplate(source: "é{% generation %}ab{{ messages[0].content }}{% endgeneration %}c")
            .render(
                messages: conversation, addGenerationPrompt: false, now: ChatTemplateFixtures.someDay)
        #expect(rendered.text == "éabSysc")
        #expect(rendered.generated == [2..<7])
    }

    // MARK: Built-in templates

    @Test func builtInTemplatesRender() throws {
        let messages: [JSONValue] = [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "Hi"],
            ["role": "assistant", "content": nil],
        ]
        for name in ChatTemplate.names {
            let rendered = try ChatTemplate(named: name).render(
                messages: messages, addGenerationPrompt: true, variables: ["bos_token": "<s>", "eos_token": "</s>"],
                now: ChatTemplateFixtures.someDay)
            #expect(Set(rendered.spans.map(\.messageIndex)) == [0, 1], "\(name)")
        }
        let chatml = try ChatTemplate(named: "ChatML").render(
            messages: messages, addGenerationPrompt: true, now: ChatTemplateFixtures.someDay)
        #expect(
            chatml.text
                == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n<|im_start|>assistant\n"
        )
        let llama = try ChatTemplate(named: "llama3").render(
            messages: Array(messages.prefix(2)), addGenerationPrompt: true,
            variables: ["bos_token": "<|begin_of_text|>"], now: ChatTemplateFixtures.someDay)
        #expect(
            llama.text
                == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
        )
    }

    @Test func anUnknownNameListsTheKnownOnes() {
        let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(named: "nosuch") }
        #expect(error?.description.hasPrefix("template: 'nosuch', expected one of alpaca, chatml, gemma") == true)
    }

    @Test func aLongConversationTakesLinearTime() throws {
        let content = String(repeating: "All happy families are alike. ", count: 40_000)
        let messages: [JSONValue] = [["role": "user", "content": .string(content)]]
        let start = processorTime()
        let rendered = try ChatTemplate(named: "chatml").render(
            messages: messages, addGenerationPrompt: true, now: ChatTemplateFixtures.someDay)
        #expect(rendered.spans == [MessageSpan(messageIndex: 0, utf8Range: 17..<(17 + content.utf8.count))])
        #expect(processorTime() - start < 20)
    }
}
