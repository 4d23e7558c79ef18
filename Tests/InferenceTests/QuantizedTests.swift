import Checkpoints
import Foundation
import GGUF
import Inference
import Quantization
import Storage
import Testing
import TestSupport

/// Quantized models against float arithmetic on the same dequantized weights, as recorded from llama.cpp.
@Suite(.needsFixtures)
struct QuantizedTests {
    static func check(_ model: String, _ recording: String) throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: model))
        for prompt in try Fixtures.recording("logits/\(recording).json").prompts {
            let expected = try Fixtures.floats(#require(prompt.llamacpp_dequant), folder: "logits")
            #expect(distance(try engine.logits(prompt.ids), expected) < 2e-4)
            // Token by token, rows go through the products for few rows.
            let session = engine.makeSession()
            for (position, token) in prompt.ids.enumerated() {
                let row = expected[position * 512..<(position + 1) * 512]
                #expect(distance(try session.append([token]), row) < 2e-4)
            }
        }
    }

    @Test func q4KM() throws {
        try QuantizedTests.check(Fixtures.path("quants/llama-Q4_K_M.gguf"), "llama-Q4_K_M")
    }

    /// The recorded file is not kept; quantizing every matrix gives it again.
    @Test func q8() throws {
        let folder = try ScratchFolder()
        let path = folder.file("q8.gguf")
        let file = try GGUFFile(path: Fixtures.model("llama"))
        let infos = try file.tensors.map { tensor in
            try GGUFTensorInfo(
                name: tensor.name, type: tensor.dimensions.count == 2 ? .q8_0 : .f32, dimensions: tensor.dimensions)
        }
        let writer = try GGUFWriter(metadata: file.metadata, tensors: infos)
        try AtomicFile.write(to: path) { handle in
            try writer.write(to: handle) { info, put in
                let source = try #require(file.tensor(info.name))
                let floats = file.bytes(of: source).bindMemory(to: Float.self)
                guard info.type == .q8_0, let base = floats.baseAddress else { return try put(file.bytes(of: source)) }
                var bytes = [UInt8](repeating: 0, count: info.byteCount)
                try bytes.withUnsafeMutableBytes { buffer in
                    guard let target = buffer.baseAddress else { return }
                    try Quantizer.quantize(
                        .q8_0, from: base, to: target, rows: info.rowCount, columns: info.rowLength, importance: nil)
                }
                try bytes.withUnsafeBytes { try put($0) }
            }
        }
        try QuantizedTests.check(path, "llama-Q8_0")
    }
}
