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
    }

    @Test(arguments: executables)
    func anUnknownOptionIsAUsageError(executable: String) throws {
        let outcome = try Executable.run(executable, "--no-such-option")
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errors.isEmpty)
    }

    @Test func retortStandsBeforeTheStages() throws {
        let outcome = try Executable.run("retort", "pull", "--help")
        #expect(outcome.output.contains("USAGE: retort-pull "))
        #expect(try Executable.run("retort", "pul").status == 64)
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
