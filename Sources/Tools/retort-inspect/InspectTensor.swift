import ArgumentParser
import Foundation
import GGUF
import PlainText
import Quantization
import StageInterface
import Storage

struct InspectTensor: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "tensor", abstract: "One tensor, dequantized: little-endian floats, the last dimension slowest.",
        discussion: "Example: retort-inspect tensor model.gguf blk.0.attn_q.weight --output q.f32")

    @Argument(help: "The file.")
    var file: String

    @Argument(help: "The tensor's name.")
    var name: String

    @Option(help: "Where the numbers go.")
    var output: String

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        try OutputPath.check(output, reading: ["<file>": file])
        let source = try GGUFFile(path: file)
        guard let tensor = source.tensor(name) else {
            let near = Spelling.nearest(to: name, among: source.tensors.map(\.name))
            throw StageFailure(
                .badInput, "\(file): no tensor '\(name)', expected one of its \(source.tensors.count) tensors",
                hint: near.map { "did you mean '\($0)'?" } ?? "list them with: retort-inspect gguf \(file)")
        }
        let values = try Dequantizer.dequantize(tensor, of: source)
        try AtomicFile.write(to: output) { handle in
            try values.withUnsafeBytes { try handle.writeAll($0) }
        }
        console.say("\(name): \(tensor.type.name), \(tensor.dimensions) → \(output)")
        var report = StageReport(stage: "retort-inspect")
        report.counts = ["elements": tensor.elementCount]
        report.outputs = ["tensor": try ContentDigest(ofFile: output).description]
        return report
    }
}
