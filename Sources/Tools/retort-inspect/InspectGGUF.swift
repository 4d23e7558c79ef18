import ArgumentParser
import GGUF
import StageInterface
import Tokenizers

struct InspectGGUF: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "gguf", abstract: "The metadata and tensors of a GGUF file.",
        discussion: """
            Says also whether the architecture can be trained and served, and what is missing if not.

            Example: retort-inspect gguf model.gguf
            """)

    @Argument(help: "The file: a model, an adapter, an importance matrix; of a split model its first part.")
    var file: String

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let listing = GGUFListing(file: try GGUFFile(path: file))
        for line in listing.lines { console.data(line) }
        for warning in try Tokenizer.warnings(in: listing.file.metadata) { console.warn("\(file): \(warning)") }
        var report = StageReport(stage: "retort-inspect")
        report.counts = [
            "metadata": listing.file.metadata.count, "tensors": listing.file.tensors.count,
            "parameters": listing.parameterCount, "bytes": listing.byteCount,
        ]
        report.details = listing.json
        return report
    }
}
