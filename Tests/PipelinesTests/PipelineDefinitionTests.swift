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

    @Test func anUnknownReferenceIsNamed() async throws {
        try scratch.stage("go")
        let run = try scratch.pipeline("  - {name: a, run: go, arguments: [\"${b.c}\"]}\n")
        let report = try await run.run(console: scratch.console)
        #expect(
            report.failure?.message
                == "stage a, arguments: '${b.c}' is not known, expected one of pipeline, workspace")
    }

    @Test func anEmptyFileIsNotAPipeline() throws {
        #expect(try problems("").first == "the file: expected a mapping of keys to values")
    }
}
