import Adapters
import ArgumentParser
import Checkpoints
import Foundation
import GGUF
import Quantization
import StageInterface
import Storage

/// GGUF → GGUF of another type, merging an adapter if asked.
@main
struct Quantize: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-quantize",
        abstract: "Turn a GGUF model into one of another type, merging an adapter if asked.",
        discussion: """
            Types: \(typeNames). Which tensor gets which type is llama-quantize's \
            choice; vectors and norms stay as they are.
            """,
        version: retortVersion)

    @Argument(help: "The model; of a split model its first part.")
    var input: String

    @Argument(help: "Where the new model goes.")
    var output: String

    @Argument(help: "The file type, as Q8_0 or Q4_K_M.", transform: Quantize.fileType)
    var type: FileType

    @Option(help: "An adapter for the model, a GGUF file: merged before quantizing.")
    var adapter: String?

    @Option(help: "An importance matrix for the model, in llama.cpp's GGUF form.")
    var imatrix: String?

    @OptionGroup var options: StageOptions

    private static let typeNames = FileType.allCases.map(\.name).joined(separator: ", ")

    private static func fileType(_ name: String) throws -> FileType {
        guard let type = FileType(name: name) else {
            throw ValidationError("file type '\(name)' is unknown, expected one of \(typeNames)")
        }
        return type
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let start = ContinuousClock.now
        let file = try GGUFFile(path: input)
        guard URL(filePath: input).standardizedFileURL != URL(filePath: output).standardizedFileURL else {
            throw StageFailure(.badInput, "\(output): the model itself, expected another path for the new model")
        }
        let merge = try adapter.map { try AdapterMerge(adapter: $0, model: input) }
        let importance = try imatrix.map { try ImportanceMatrix(path: $0) }
        var quantizer = try ModelQuantizer(
            file: file, fileType: type, importance: importance, update: merge?.update)
        if let merge { quantizer.metadata.set(Artifact.mergedAdapterKey, merge.digest.description) }
        if let template = merge?.template { quantizer.metadata.set(LowRankAdapter.templateKey, template) }
        let again = quantizer.requantized
        if !again.isEmpty {
            console.warn(
                "\(again.count) tensors are quantized already (\(again[0].name): \(again[0].type.name)) and lose a "
                    + "second time; an F16 or F32 model would give a better result")
        }
        let sourceBytes = file.tensors.reduce(0) { $0 + $1.byteCount }
        let newBytes = try quantizer.byteCount
        do {
            try AtomicFile.write(to: output) { handle in
                try quantizer.write(to: handle) { tensor, done in
                    try Interruption.check()
                    guard done > 0 else { return }
                    let rate = Int(Double(done) / max(1e-3, start.duration(to: .now).seconds))
                    console.progress(
                        "\(megabytes(done)) of \(megabytes(sourceBytes)) MB, \(megabytes(rate)) MB/s: \(tensor.name)")
                }
            }
        } catch var error as GGUFError {
            // A writer knows its handle, not its path.
            error.path = error.path ?? output
            throw error
        }
        let seconds = start.duration(to: .now).seconds
        console.say(
            "\(output): \(type.name), \(megabytes(newBytes)) MB from \(megabytes(sourceBytes)) MB "
                + "in \((seconds * 10).rounded() / 10) s")
        var report = StageReport(stage: "retort-quantize")
        report.inputs = ["model": try ContentDigest(ofFile: input).description]
        if let merge { report.inputs["adapter"] = merge.digest.description }
        if let imatrix { report.inputs["imatrix"] = try ContentDigest(ofFile: imatrix).description }
        report.outputs = ["model": try ContentDigest(ofFile: output).description]
        report.counts = ["tensors": file.tensors.count, "bytes": newBytes, "requantized_tensors": again.count]
        report.figures = ["megabytes_per_second": Double(sourceBytes) / 1e6 / max(1e-3, seconds)]
        return report
    }

    /// Millions, with one digit after the point.
    private func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000).\(bytes / 100_000 % 10)" }
}
