import Adapters
import ArgumentParser
import JSON
import Pipelines
import Serving
import StageInterface
import Tasks
import Training

/// Prints what editors and checkers need to know of a file.
struct InspectSchema: StageCommand {
    /// What has a schema.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case task, adapter, sweep, pipeline, clients, report
    }

    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "The JSON Schema of a file that people write, or of the report that --json prints.",
        version: retortVersion)

    @Argument(help: "\(Kind.allValueStrings.joined(separator: ", ")).")
    var kind: Kind

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let schema =
            switch kind {
            case .task: try TaskDefinition.schema()
            case .adapter: try AdapterRecipe.schema()
            case .sweep: try SweepDefinition.schema()
            case .pipeline: try PipelineDefinition.schema()
            case .clients: try ClientList.schema()
            case .report: StageReport.schema
            }
        console.data(exactly: schema.serialized(.pretty) + "\n")
        var report = StageReport(stage: "retort-inspect")
        report.details = schema
        return report
    }
}
