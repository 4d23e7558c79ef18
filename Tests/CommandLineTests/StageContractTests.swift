import Foundation
import JSON
import StageInterface
import Testing
import TestSupport

/// What every executable of the project has in common.
@Suite(.ownThreads) struct StageContractTests {
    static let executables = [
        "retort", "retort-pull", "retort-label", "retort-curate", "retort-train", "retort-quantize",
        "retort-evaluate", "retort-registry", "retort-serve", "retort-inspect", "retort-replay",
    ]

    @Test(arguments: executables)
    func saysItsVersionAndHowToUseIt(executable: String) throws {
        let version = try Executable.run(executable, "--version")
        #expect(version.status == 0)
        #expect(version.output == "\(retortVersion)\n")
        let help = try Executable.run(executable, "--help")
        #expect(help.status == 0)
        #expect(help.output.contains("USAGE: \(executable) "))
        #expect(help.output.contains("Example: \(executable) "))
    }

    @Test(arguments: executables)
    func anUnknownOptionIsAUsageError(executable: String) throws {
        let outcome = try Executable.run(executable, "--no-such-option")
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: \(executable) --help\n"))
        #expect(!outcome.errors.contains("Error:"))
        let reported = try Executable.run(executable, "--no-such-option", "--json")
        #expect(reported.status == 64)
        #expect(try StageReport(parsing: Array(reported.output.utf8)).failure?.exitStatus == 64)
    }

    @Test func retortStandsBeforeTheStages() throws {
        let outcome = try Executable.run("retort", "pull", "--help")
        #expect(outcome.output.contains("USAGE: retort-pull "))
        let unknown = try Executable.run("retort", "pul")
        #expect(unknown.status == 64)
        #expect(unknown.errors.hasPrefix("error: 'pul': unknown, expected one of run, plan, "))
        #expect(unknown.errors.contains("hint: did you mean 'retort pull'?"))
        #expect(try Executable.run("retort", "--help").output.contains("  train sweep  "))
    }

    /// Every key of the bundled files stands in their schema, and every key that must be there is.
    @Test(arguments: [
        ("task", "Datasets/support-intent/task.yaml"), ("adapter", "Adapters/support-intent/adapter.yaml"),
        ("pipeline", "Pipelines/support-intent.yaml"),
    ])
    func schemasDescribeTheBundledFiles(kind: String, path: String) throws {
        let outcome = try Executable.run("retort", "schema", kind)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let schema = try JSONValue(parsing: outcome.output)
        let text = try String(contentsOfFile: Checkout.path(path), encoding: .utf8)
        let keys = text.split(separator: "\n").filter { $0.first?.isLetter == true }.compactMap {
            $0.split(separator: ":").first.map(String.init)
        }
        let known = schema["properties"]?.objectValue?.keys ?? []
        #expect(!keys.isEmpty && Set(keys).isSubset(of: known))
        let needed = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(Set(needed).isSubset(of: keys))
        #expect(schema["additionalProperties"] == false)
    }

    @Test func theReportHasASchema() throws {
        let schema = try JSONValue(parsing: Executable.run("retort", "schema", "report").output)
        let failed = try Executable.run("retort", "run", "/nowhere.yaml", "--json")
        let keys = Set(try JSONValue(parsing: failed.output).objectValue?.keys ?? [])
        #expect(keys.isSuperset(of: schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? ["?"]))
        #expect(keys.isSubset(of: schema["properties"]?.objectValue?.keys ?? []))
        #expect(try Executable.run("retort", "schema", "nonsense").status == 64)
    }

    @Test func aMissingPipelineFileIsNamedAndReported() throws {
        let outcome = try Executable.run("retort", "run", "/nowhere.yaml", "--json")
        #expect(outcome.status == 1)
        #expect(outcome.errors == "error: cannot read /nowhere.yaml: No such file or directory\n")
        let report = try StageReport(parsing: Array(outcome.output.utf8))
        #expect(report.status == "failed")
        #expect(report.failure?.exitStatus == 1)
    }
}
