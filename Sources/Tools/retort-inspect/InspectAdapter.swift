import Adapters
import Architectures
import ArgumentParser
import Checkpoints
import Foundation
import JSON
import StageInterface
import Storage

struct InspectAdapter: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapter", abstract: "What an adapter changes: ranks, norms per layer, its base.",
        discussion: "Example: retort-inspect adapter adapter.gguf --model base.gguf")

    @Argument(help: "The adapter: a GGUF file, or PEFT's folder (which needs --model).")
    var adapter: String

    @Option(help: "The base, a GGUF file: the adapter is checked against it.")
    var model: String?

    @Option(help: "Writes the adapter in the other form: a path that ends in .gguf, or a folder for PEFT's form.")
    var convert: String?

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let checkpoint = try model.map { try Checkpoint(path: $0) }
        let lowRank = try read(checkpoint)
        console.data("architecture  \(lowRank.architecture)")
        console.data("base          \(lowRank.baseDigest?.description ?? "no digest")")
        console.data("base name     \(lowRank.baseName ?? "not named")")
        console.data("alpha         \(lowRank.alpha)")
        console.data("parameters    \(lowRank.parameterCount) in \(lowRank.tensors.count) matrices")
        for (tensor, whole) in lowRank.wholeTensors.sorted(by: { $0.key < $1.key }) {
            let verdict = checkpoint == nil ? "must be the base's: give --model" : "the base's"
            console.data("whole tensor  \(tensor) \(whole.dimensions), \(verdict)")
        }
        if let checkpoint {
            console.data("fits          \(checkpoint.path)")
            for doubt in checkpoint.doubts(about: lowRank, name: adapter) { console.warn(doubt) }
        }
        let names = lowRank.tensors.keys.sorted { $0.localizedStandardCompare($1) == .orderedAscending }
        console.data("")
        console.data("matrix                           rank     scale  inputs → outputs    ‖update‖")
        for name in names {
            guard let pair = lowRank.tensors[name] else { continue }
            let shape = "\(pair.inputs) → \(pair.outputs)"
            console.data(
                InspectAdapter.pad(name, 32) + String(format: " %4d %9.4g  ", pair.rank, pair.scale)
                    + InspectAdapter.pad(shape, 18) + String(format: "%10.4g", pair.updateNorm))
        }
        if let convert { try write(lowRank, to: convert, checkpoint, console) }
        return try report(lowRank)
    }

    private func read(_ checkpoint: Checkpoint?) throws -> LowRankAdapter {
        if let checkpoint { return try checkpoint.adapter(at: adapter) }
        guard !LowRankAdapter.isPEFT(adapter) else {
            throw StageFailure(
                .badInput, "\(adapter): a folder in PEFT's form, expected --model with it",
                hint: "the order of its rows depends on the base: add --model BASE.gguf")
        }
        return try LowRankAdapter(path: adapter)
    }

    private func write(
        _ lowRank: LowRankAdapter, to path: String, _ checkpoint: Checkpoint?, _ console: Console
    ) throws {
        guard let checkpoint else {
            throw StageFailure(.badInput, "--convert without --model, expected the base that the adapter is for")
        }
        if path.hasSuffix(".gguf") {
            try OutputPath.check(path, as: "--convert", reading: ["<adapter>": adapter, "--model": model])
            var bound = lowRank
            bound.baseDigest = try checkpoint.digest()
            try bound.write(to: path)
            if lowRank.baseDigest == nil {
                console.say("\(path): from now on bound to the tensors of \(checkpoint.path), because --model said so")
            }
        } else {
            try lowRank.write(peft: path, layout: checkpoint.peftLayout)
        }
        console.say("wrote \(path)")
    }

    private func report(_ lowRank: LowRankAdapter) throws -> StageReport {
        var report = StageReport(stage: "retort-inspect")
        report.inputs = ["adapter": try LowRankAdapter.digest(ofFileAt: adapter).description]
        if let digest = lowRank.baseDigest { report.inputs["base"] = digest.description }
        report.counts = ["parameters": lowRank.parameterCount, "matrices": lowRank.tensors.count]
        let matrices = lowRank.tensors.sorted { $0.key < $1.key }.map { name, pair in
            JSONValue.object(
                JSONObject([
                    (key: "name", value: .string(name)), (key: "rank", value: .integer(pair.rank)),
                    (key: "scale", value: .number(Double(pair.scale))),
                    (key: "update_norm", value: .number(pair.updateNorm)),
                ]))
        }
        report.details = .object(
            JSONObject([
                (key: "base_name", value: lowRank.baseName.map(JSONValue.string) ?? .null),
                (key: "matrices", value: .array(matrices)),
            ]))
        return report
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
