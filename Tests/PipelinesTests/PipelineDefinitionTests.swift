import Pipelines
import StageInterface
import Storage
import Testing
import TestSupport

@Suite struct PipelineDefinitionTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func problems(_ text: String) throws -> [String] {
        let file = try scratch.file("p.yaml", text)
        let error = #expect(throws: ConfigurationError.self) { try PipelineDefinition(path: file) }
        return error?.problems ?? []
    }

    @Test func everyProblemIsFoundAtOnce() throws {
        let found = try problems(
            """
            name: my pipeline
            stages:
              - name: a
                run: x
                argumets: [1]
              - name: a
                needs: [b]
            """)
        #expect(
            found == [
                "line 1: name: 'my pipeline', expected letters, digits, '-' and '_'",
                "line 6: stages[1].name: 'a' twice, expected a name of its own",
                "line 6: stages[1].run: missing, expected a text",
                "line 7: stages[1].needs: 'b', expected stages before this one (a)",
                "line 5: stages[0].argumets: unknown key; did you mean 'arguments'?",
            ])
    }

    @Test func aReferenceThatCannotBeKnownIsFoundBeforeAnythingRuns() throws {
        #expect(
            try problems(
                """
                name: p
                stages:
                  - {name: a, run: go, reads: ["${b.c}"], arguments: ["${b.c}", $HOME, "$$5"], writes: ["${workspace}/x"]}
                  - {name: b, run: go, needs: [a.one], arguments: ["${a.x}", "${service.url}", "${workspace.x}"]}
                summary:
                  facts: [{title: cost, value: "${c.usd}"}]
                """) == [
                    "line 3: stages[0].reads: '${b.c}', expected ${workspace}, ${pipeline}",
                    "line 3: stages[0].arguments: '${b.c}', expected ${workspace}, ${pipeline}",
                    "line 3: stages[0].arguments: a '$' alone, expected ${name}, or $$ for the character",
                    "line 4: stages[1].arguments: '${service.url}', expected ${workspace}, ${pipeline}, ${a.…}",
                    "line 4: stages[1].arguments: '${workspace.x}', expected ${workspace}, ${pipeline}, ${a.…}",
                    "line 6: summary.facts[0].value: '${c.usd}', expected ${a.…}, ${b.…}",
                ])
    }

    @Test func anEmptyFileIsNotAPipeline() throws {
        #expect(try problems("").first == "the file: expected a mapping of keys to values")
    }
}
