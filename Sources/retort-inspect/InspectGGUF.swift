import ArgumentParser
import StageInterface

struct InspectGGUF: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "gguf", abstract: "The metadata and tensors of a GGUF file.")

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        throw StageFailure(.badInput, "retort-inspect gguf is not supported yet")
    }
}
