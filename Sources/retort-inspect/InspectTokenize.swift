import ArgumentParser
import StageInterface

struct InspectTokenize: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "The ids of a text, or the text of ids.")

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        throw StageFailure(.badInput, "retort-inspect tokenize is not supported yet")
    }
}
