import Adapters
import Checkpoints
import Foundation
import GGUF
import Storage
import Tensors
import Testing
import TestSupport

@Suite(.needsFixtures)
struct CheckpointTests {
    /// The digests that the Python lines in Documentation/Formats/Adapter.md print for these files.
    @Test(arguments: [
        ("models/llama.gguf", "f2142d3ac5b67a8df8dc9d984996897d580fa2557df65e1bf11aa88ed2178790"),
        ("models/qwen2.gguf", "196af68656c9f4280952d4ecf9f0fd54f19831f55155346def0ce3353532f2fb"),
        ("quants/llama-Q4_K_M.gguf", "8fa494d71dd330ca098e5e05af1cc6afb1672b905d0be39ae9d8d5972ea963b3"),
    ])
    func theDigestIsTheDocumentedOne(_ file: String, _ hex: String) throws {
        #expect(try Checkpoint(path: Fixtures.path(file)).digest().hex == hex)
    }

    @Test func theBundledBaseIsTheOneThatItsCardDescribes() throws {
        let checkpoint = try Checkpoint(path: Checkout.base)
        #expect(
            try checkpoint.digest().description
                == "sha256:b0f8aa886692bb01c26d730f82a24f33337e1ccbebf8861cdfe387385d4abdc1")
        #expect(
            try ContentDigest(ofFile: Checkout.base).description
                == "sha256:002ade9552e5dced13ab88e6f9929d8676d203806feaef2f012824f7a27703f9")
    }

    @Test func theDigestIsOfTensorsAndOfNothingElse() throws {
        try withScratchFolder { folder in
            let digest = try Checkpoint(path: Fixtures.model("llama")).digest()
            try rewrite(Fixtures.model("llama"), to: "\(folder)/a.gguf", metadata: { $0.set("general.name", "other") })
            #expect(try Checkpoint(path: "\(folder)/a.gguf").digest() == digest)
            var bytes = try Data(contentsOf: URL(filePath: "\(folder)/a.gguf"))
            bytes[bytes.count - 1_000_000] ^= 1
            try AtomicFile.write(bytes, to: "\(folder)/b.gguf")
            #expect(try Checkpoint(path: "\(folder)/b.gguf").digest() != digest)
        }
    }

    @Test func aMissingOrMisshapenTensorIsNamed() throws {
        try withScratchFolder { folder in
            let path = "\(folder)/model.gguf"
            try rewrite(
                Fixtures.model("llama"), to: path, tensors: { $0.name == "blk.1.ffn_norm.weight" ? nil : $0 })
            #expect(
                throws: CheckpointError(
                    "\(path): tensor blk.1.ffn_norm.weight: missing, expected dimensions [256]")
            ) { try Checkpoint(path: path) }
            try rewrite(
                Fixtures.model("llama"), to: path,
                tensors: {
                    $0.name == "blk.0.attn_k.weight"
                        ? try GGUFTensorInfo(name: $0.name, type: $0.type, dimensions: [256, 64]) : $0
                })
            #expect(
                throws: CheckpointError(
                    "\(path): tensor blk.0.attn_k.weight: dimensions [256, 64], expected [256, 128]")
            ) { try Checkpoint(path: path) }
        }
    }

    @Test func lookUpsOfTheWrongKindAreErrors() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        #expect(throws: CheckpointError.self) { try checkpoint.matrix("blk.9.attn_q.weight") }
        #expect(throws: CheckpointError.self) { try checkpoint.matrix("output_norm.weight") }
        #expect(throws: CheckpointError.self) { try checkpoint.vector("output.weight") }
        #expect(try checkpoint.vector("output_norm.weight").count == 256)
        #expect(try checkpoint.matrix("blk.0.ffn_down.weight").columns == 512)
    }

    @Test func anAdapterForAnotherBaseIsRefusedWithBothDigests() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        var adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        try checkpoint.validate(adapter, name: "a.gguf")
        adapter.baseDigest = try checkpoint.digest()
        try checkpoint.validate(adapter, name: "a.gguf")
        let other = try Checkpoint(path: Fixtures.model("qwen2")).digest()
        adapter.baseDigest = other
        let error = #expect(throws: AdapterError.self) { try checkpoint.validate(adapter, name: "a.gguf") }
        let own = try checkpoint.digest()
        #expect(
            error?.description
                == "a.gguf: made for the base \(other), expected the base \(own), which is \(checkpoint.path)")
    }

    @Test func anAdapterThatDoesNotFitIsRefused() throws {
        let llama = try Checkpoint(path: Fixtures.model("llama"))
        let adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        let wrongArchitecture = #expect(throws: AdapterError.self) {
            try Checkpoint(path: Fixtures.model("qwen2")).validate(adapter, name: "a.gguf")
        }
        #expect(wrongArchitecture?.description.contains("architecture 'llama', expected 'qwen2'") == true)
        let pair = try #require(adapter.tensors["blk.0.attn_k.weight"])
        var moved = adapter
        moved.tensors["blk.7.attn_k.weight"] = pair
        #expect(throws: AdapterError.self) { try llama.validate(moved, name: "a.gguf") }
        moved = adapter
        moved.tensors["blk.0.attn_q.weight"] = pair
        let wrongShape = #expect(throws: AdapterError.self) { try llama.validate(moved, name: "a.gguf") }
        #expect(wrongShape?.description.contains("for dimensions [256, 128], expected [256, 256]") == true)
        // llama-tied uses its embeddings as the output, too.
        let tied = try Checkpoint(path: Fixtures.model("llama-tied"))
        let embedding = LowRankAdapter(
            architecture: "llama", alpha: 1, baseDigest: nil,
            tensors: [
                "token_embd.weight": try LowRankPair(
                    rank: 1, inputs: 256, outputs: 512, a: Array(repeating: 0, count: 256),
                    b: Array(repeating: 0, count: 512), scale: 1)
            ])
        try llama.validate(embedding, name: "a.gguf")
        #expect(throws: AdapterError.self) { try tied.validate(embedding, name: "a.gguf") }
    }

    /// What an adapter's file has whole must be the base's, as far as the coarser of the two types can tell.
    @Test(arguments: [
        ("models/llama.gguf", "token_embd.weight"), ("quants/llama-Q4_K_M.gguf", "token_embd.weight"),
        ("quants/llama-Q4_K_M.gguf", "output.weight"), ("models/llama.gguf", "blk.0.attn_norm.weight"),
    ])
    func wholeTensorsMustBeTheBases(_ path: String, _ name: String) throws {
        let base = try Checkpoint(path: Fixtures.path(path))
        let source = try GGUFFile(path: Fixtures.model("llama"))
        let tensor = try #require(source.tensor(name))
        let numbers = Array(source.bytes(of: tensor).bindMemory(to: Float.self))
        var adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        func check(_ numbers: [Float], dimensions: [Int]) throws {
            let columns = dimensions[0]
            adapter.wholeTensors = [
                name: WholeTensor(
                    source: "saved", dimensions: dimensions, rounded: { $0 },
                    numbers: { Array(numbers[$0.lowerBound * columns..<$0.upperBound * columns]) })
            ]
            try base.validate(adapter, name: "a.gguf")
        }
        try check(numbers, dimensions: tensor.dimensions)
        var other = numbers
        other[numbers.count - 1] += 0.05
        #expect(throws: AdapterError.self) { try check(other, dimensions: tensor.dimensions) }
        other[numbers.count - 1] = .nan
        #expect(throws: AdapterError.self) { try check(other, dimensions: tensor.dimensions) }
        #expect(throws: AdapterError.self) {
            try check(numbers, dimensions: [tensor.dimensions[0], tensor.rowCount + 1])
        }
    }

    @Test func mergedRowsAreWeightsPlusUpdate() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        let adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        let name = "blk.1.attn_v.weight"
        let tensor = try #require(checkpoint.file.tensor(name))
        let pair = try #require(adapter.tensors[name])
        let weights = Array(checkpoint.file.bytes(of: tensor).bindMemory(to: Float.self))
        let merged = try checkpoint.withMergedRows(of: tensor, rows: 5..<8, adapter: adapter, scale: 0.5) { Array($0) }
        #expect(merged.count == 3 * 256)
        for index in merged.indices {
            let row = 5 + index / 256, column = index % 256
            let update = (0..<4).reduce(Float(0)) { $0 + pair.b[row * 4 + $1] * pair.a[$1 * 256 + column] }
            #expect(abs(merged[index] - (weights[row * 256 + column] + update)) < 1e-5)
        }
    }

    @Test func artifactsAreNamedByTheFileThatMakesThem() throws {
        let model = Fixtures.model("llama"), path = Fixtures.path("lora/adapter-llama/adapter.gguf")
        let base = try Artifact(model: model)
        #expect(base.kind == .base)
        #expect(try base.digest == ContentDigest(ofFile: model))
        let adapted = try Artifact(model: model, adapter: path)
        #expect(adapted.kind == .adapter)
        #expect(try adapted.digest == ContentDigest(ofFile: path))
        #expect(adapted.baseDigest == base.baseDigest)
        try withScratchFolder { folder in
            let merged = "\(folder)/merged.gguf"
            try rewrite(model, to: merged, metadata: { $0.set(Artifact.mergedAdapterKey, adapted.digest.description) })
            #expect(try Artifact(model: merged).kind == .merged)
        }
    }
}
