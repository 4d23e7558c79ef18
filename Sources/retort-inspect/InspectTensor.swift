import ArgumentParser
import StageInterface

struct InspectTensor: StageCommand {
    static let configuration = CommandConfiguration(commandName: "tensor", abstract: "One tensor, dequantized.")

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        throw StageFailure(.badInput, "retort-inspect tensor is not supported yet")
    }
}
