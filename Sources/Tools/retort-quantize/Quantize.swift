import Adapters
import ArgumentParser
import Checkpoints
import Foundation
import GGUF
import PlainText
import Quantization
import StageInterface
import Storage
import Tokenizers

/// GGUF → GGUF of another type, merging an adapter if asked.
@main
struct Quantize: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-quantize",
        abstract: "Turn a GGUF model into one of another type, merging an adapter if asked.",
        discussion: """
            Types: \(typeNames). Which tensor gets which type is llama-quantize's \
            choice; vectors and norms stay as they are.

            With an importance matrix, errors count more where your traffic goes: --calibrate runs the model over prompts \
            of yours, one JSON value a line: {"messages": [...]}, an interaction of retort-pull, {"text": "..."} or a \
            string.

            Example: retort-quantize model-f16.gguf model-q4.gguf Q4_K_M --adapter adapter.gguf
            """,
        version: retortVersion)

    @Argument(help: "The model; of a split model its first part.")
    var input: String

    @Argument(help: "Where the new model goes.")
    var output: String

    @Argument(help: "The file type, as Q8_0 or Q4_K_M.", transform: Quantize.fileType)
    var type: FileType

    @Option(help: "An adapter for the model, a GGUF file or PEFT's folder: merged before quantizing.")
    var adapter: String?

    @Option(help: "An importance matrix for the model, in llama.cpp's GGUF form.")
    var imatrix: String?

    @Option(help: "Prompts (JSON Lines) to compute an importance matrix from.")
    var calibrate: String?

    @Option(
        help: "How many chunks of \(ImportanceAccumulator.chunkSize) tokens --calibrate reads at most. (default: 100)")
    var calibrateChunks: Int?

    @Option(
        help: "What a chat template that prints the date is told by --calibrate; today by default.",
        transform: LocalTime.typed)
    var date: LocalTime?

    @Option(help: "Where the importance matrix of --calibrate goes, in llama.cpp's GGUF form.")
    var imatrixOut: String?

    @OptionGroup var options: StageOptions

    private static let typeNames = FileType.allCases.map(\.name).joined(separator: ", ")

    private static func fileType(_ name: String) throws -> FileType {
        guard let type = FileType(name: name) else {
            throw ValidationError("file type '\(name)' is unknown, expected one of \(typeNames)")
        }
        return type
    }

    func validate() throws {
        if imatrix != nil, calibrate != nil { throw ValidationError("give either --imatrix or --calibrate") }
        if imatrixOut != nil, calibrate == nil { throw ValidationError("--imatrix-out expects --calibrate") }
        if calibrateChunks != nil, calibrate == nil { throw ValidationError("--calibrate-chunks expects --calibrate") }
        if date != nil, calibrate == nil { throw ValidationError("--date expects --calibrate") }
        if let calibrateChunks, !(1...1_000_000).contains(calibrateChunks) {
            throw ValidationError("--calibrate-chunks: \(calibrateChunks), expected 1 to 1000000")
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let file = try GGUFFile(path: input)
        let read: KeyValuePairs = [
            "<input>": input, "--adapter": adapter, "--imatrix": imatrix, "--calibrate": calibrate,
        ]
        try OutputPath.check(output, as: "<output>", reading: read)
        if let imatrixOut {
            try OutputPath.check(imatrixOut, as: "--imatrix-out", reading: read, beside: ["<output>": output])
        }
        for warning in try Tokenizer.warnings(in: file.metadata) { console.warn("\(input): \(warning)") }
        let checkpoint = adapter != nil || calibrate != nil ? try Checkpoint(path: input) : nil
        let merge = try adapter.flatMap { path in try checkpoint.map { try AdapterMerge(adapter: path, checkpoint: $0) }
        }
        for doubt in merge?.doubts ?? [] { console.warn(doubt) }
        let calibration = try calibrate.flatMap { prompts in
            try checkpoint.map {
                try Calibration(
                    $0, adapter: merge?.adapter, prompts: prompts, date: date ?? .today, chunks: calibrateChunks ?? 100,
                    name: imatrixOut ?? prompts, console: console)
            }
        }
        if let imatrixOut {
            try GGUFError.naming(imatrixOut) {
                try AtomicFile.write(to: imatrixOut) { try calibration?.matrix.write(to: $0) }
            }
        }
        let importance = try calibration?.matrix ?? imatrix.map { try ImportanceMatrix(path: $0) }
        var quantizer = try ModelQuantizer(
            file: file, fileType: type, importance: importance, update: merge?.update)
        if let merge { quantizer.metadata.set(Artifact.mergedAdapterKey, merge.digest.description) }
        if let template = merge?.template { quantizer.metadata.set(LowRankAdapter.templateKey, template) }
        if let first = quantizer.unweighted.first {
            console.warn(
                "\(quantizer.unweighted.count) matrices are not in the importance matrix (\(first.name)) and are "
                    + "quantized without")
        }
        let again = quantizer.requantized
        if !again.isEmpty {
            console.warn(
                "\(again.count) tensors are quantized already (\(again[0].name): \(again[0].type.name)) and lose a "
                    + "second time; an F16 or F32 model would give a better result")
        }
        let sourceBytes = file.tensors.reduce(0) { $0 + $1.byteCount }
        let newBytes = try quantizer.byteCount
        let start = ContinuousClock.now
        try GGUFError.naming(output) {
            try AtomicFile.write(to: output) { handle in
                try quantizer.write(to: handle) { tensor, done in
                    try Interruption.check()
                    guard done > 0 else { return }
                    let rate = Int(Double(done) / max(1e-3, start.duration(to: .now) / .seconds(1)))
                    console.progress(
                        "\(megabytes(done)) of \(megabytes(sourceBytes)) MB, \(megabytes(rate)) MB/s: \(tensor.name)")
                }
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        console.say(
            "\(output): \(type.name), \(megabytes(newBytes)) MB from \(megabytes(sourceBytes)) MB "
                + "in \((seconds * 10).rounded() / 10) s")
        var report = StageReport(stage: "retort-quantize")
        report.counts = ["tensors": file.tensors.count, "bytes": newBytes, "requantized_tensors": again.count]
        report.figures = ["megabytes_per_second": Double(sourceBytes) / 1e6 / max(1e-3, seconds)]
        if let calibration {
            report.counts["calibration_prompts"] = calibration.promptCount
            report.counts["calibration_tokens"] = calibration.tokenCount
        }
        // Digests cost a reading of both files; nobody else would see them.
        guard options.json else { return report }
        let digested = ["model": input, "imatrix": imatrix, "prompts": calibrate].compactMapValues { $0 }
        report.inputs = try digested.mapValues { try ContentDigest(ofFile: $0).description }
        if let merge { report.inputs["adapter"] = merge.digest.description }
        let made = ["model": output, "imatrix": imatrixOut].compactMapValues { $0 }
        report.outputs = try made.mapValues { try ContentDigest(ofFile: $0).description }
        report.outputs["instruction_set"] = Quantizer.instructionSet.name
        return report
    }

    /// Millions, with one digit after the point.
    private func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000).\(bytes / 100_000 % 10)" }
}
