import ArgumentParser
import StageInterface

struct InspectLogits: StageCommand {
    static let configuration = CommandConfiguration(commandName: "logits", abstract: "The logits at every position.")

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        throw StageFailure(.badInput, "retort-inspect logits is not supported yet")
    }
}
