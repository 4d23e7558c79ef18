import ArgumentParser
import StageInterface

struct InspectTemplate: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "The text that a conversation becomes.")

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        throw StageFailure(.badInput, "retort-inspect template is not supported yet")
    }
}
