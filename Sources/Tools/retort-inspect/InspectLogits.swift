import Adapters
import Architectures
import ArgumentParser
import Checkpoints
import Foundation
import Inference
import JSON
import StageInterface
import Storage
import Tokenizers
import Transformers

struct InspectLogits: StageCommand {
    enum Engine: String, ExpressibleByArgument, CaseIterable { case inference, training }
    enum Precision: String, ExpressibleByArgument, CaseIterable { case fp32, bf16 }

    static let configuration = CommandConfiguration(
        commandName: "logits", abstract: "The logits at every position: little-endian floats, positions × vocabulary.",
        discussion: "Example: retort-inspect logits --model model.gguf --tokens ids.json --output logits.f32")

    @Option(help: "The model, a GGUF file.")
    var model: String

    @Option(help: "An adapter for it: a GGUF file, or PEFT's folder.")
    var adapter: String?

    @Option(help: "A JSON array of token ids.")
    var tokens: String

    @Option(help: "Where the logits go.")
    var output: String

    @Option(help: "Which of the two forward passes computes them: \(Engine.allValueStrings.joined(separator: ", ")).")
    var engine = Engine.inference

    @Option(help: "The arithmetic: \(Precision.allValueStrings.joined(separator: ", ")).")
    var precision = Precision.fp32

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        try OutputPath.check(output, reading: ["--model": model, "--adapter": adapter, "--tokens": tokens])
        let ids = try InspectLogits.ids(path: tokens)
        let checkpoint = try Checkpoint(path: model)
        let lowRank = try adapter.map { try checkpoint.adapter(at: $0) }
        let logits = try compute(ids, checkpoint, lowRank)
        try AtomicFile.write(to: output) { handle in
            try logits.withUnsafeBytes { try handle.writeAll($0) }
        }
        var report = StageReport(stage: "retort-inspect")
        report.counts = ["positions": ids.count, "vocabulary": checkpoint.architecture.vocabularySize]
        report.outputs = ["logits": try ContentDigest(ofFile: output).description]
        return report
    }

    private func compute(_ ids: [TokenID], _ checkpoint: Checkpoint, _ adapter: LowRankAdapter?) throws -> [Float] {
        guard precision == .fp32 else {
            throw StageFailure(.badInput, "--precision \(precision.rawValue) is not supported, expected fp32")
        }
        switch engine {
        case .inference:
            let engine = try InferenceEngine(checkpoint: checkpoint)
            let loaded = try adapter.map { try engine.load($0, name: self.adapter ?? "adapter") }
            return try engine.logits(ids, adapter: loaded)
        case .training:
            let limit = checkpoint.architecture.contextLength
            guard ids.count <= limit else {
                throw StageFailure(.badInput, "tokens: \(ids.count), expected at most \(limit)")
            }
            return try TrainableDecoder(checkpoint).logits(tokens: ids, adapter: adapter)
        }
    }

    /// The ids of a file that holds one JSON array of them.
    private static func ids(path: String) throws -> [TokenID] {
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        let value: JSONValue
        do {
            value = try JSONValue(parsing: data)
        } catch {
            throw StageFailure(.badInput, "\(path): not JSON (\(error)), expected an array of token ids")
        }
        guard let elements = value.arrayValue else {
            throw StageFailure(.badInput, "\(path): not an array, expected an array of token ids")
        }
        return try elements.enumerated().map { index, element in
            guard let id = element.integerValue, let token = TokenID(exactly: id) else {
                throw StageFailure(
                    .badInput, "\(path): element \(index): \(element.serialized()), expected a token id")
            }
            return token
        }
    }
}
