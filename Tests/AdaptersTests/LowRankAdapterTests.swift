import Adapters
import Foundation
import GGUF
import Storage
import Testing
import TestSupport

struct LowRankAdapterTests {
    static let required: [(String, GGUFValue)] = [
        ("general.type", .string("adapter")), ("general.architecture", .string("llama")),
        ("adapter.type", .string("lora")), ("adapter.lora.alpha", .float32(8)),
    ]
    static let name = "blk.0.attn_q.weight"
    /// Three inputs, rank 2, four outputs.
    static let factors: [(name: String, dimensions: [Int], data: [Float])] = [
        ("\(name).lora_a", [3, 2], [1, 2, 3, 4, 5, 6]), ("\(name).lora_b", [2, 4], [1, 0, 0, 1, 1, 1, -1, 2]),
    ]

    @Test(.needsFixtures)
    func readsWhatTheReferenceConverterWrote() throws {
        let adapter = try LowRankAdapter(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        #expect(adapter.architecture == "llama")
        #expect(adapter.alpha == 8)
        #expect(adapter.baseDigest == nil)
        #expect(adapter.tensors.count == 14)
        let pair = try #require(adapter.tensors["blk.1.ffn_down.weight"])
        #expect(pair.rank == 4 && pair.inputs == 512 && pair.outputs == 256)
        #expect(pair.scale == 2)
        #expect(adapter.metadata.keys.contains("general.name"))
        #expect(!adapter.metadata.keys.contains("adapter.lora.alpha"))
    }

    @Test func writingAndReadingKeepsEverything() throws {
        try withScratchFolder { folder in
            var metadata = GGUFMetadata()
            metadata.set("general.name", "test")
            metadata.set("adapter.lora.task_name", "intent")
            let pair = try LowRankPair(
                rank: 2, inputs: 3, outputs: 4, a: [1, 2, 3, 4, 5, 6], b: [1, 0, 0, 1, 1, 1, -1, 2], scale: 4)
            let embedding = try LowRankPair(
                rank: 1, inputs: 3, outputs: 5, a: [1, 2, 3], b: [1, 2, 3, 4, 5], scale: 8)
            let digest = ContentDigest(of: "base")
            let adapter = LowRankAdapter(
                architecture: "llama", alpha: 8, baseDigest: digest,
                tensors: [LowRankAdapterTests.name: pair, "token_embd.weight": embedding], metadata: metadata)
            for file in ["a", "b"] {
                try AtomicFile.write(to: "\(folder)/\(file)") { try adapter.write(to: $0) }
            }
            #expect(try ContentDigest(ofFile: "\(folder)/a") == ContentDigest(ofFile: "\(folder)/b"))
            let back = try LowRankAdapter(path: "\(folder)/a")
            #expect(back.tensors == adapter.tensors)
            #expect(back.baseDigest == digest)
            #expect(back.alpha == 8)
            #expect(try back.metadata.string("adapter.lora.task_name") == "intent")
            // The embeddings' factors lie the other way round in the file: a row for each token.
            let file = try GGUFFile(path: "\(folder)/a")
            #expect(file.tensor("token_embd.weight.lora_a")?.dimensions == [1, 5])
            #expect(file.tensor("token_embd.weight.lora_b")?.dimensions == [1, 3])
            #expect(file.tensor("\(LowRankAdapterTests.name).lora_a")?.dimensions == [3, 2])
            #expect(file.tensor("\(LowRankAdapterTests.name).lora_b")?.dimensions == [2, 4])
        }
    }

    @Test func addsScaleTimesBTimesA() throws {
        let pair = try LowRankPair(
            rank: 2, inputs: 3, outputs: 4, a: [1, 2, 3, 4, 5, 6], b: [1, 0, 0, 1, 1, 1, -1, 2], scale: 4)
        var weights: [Float] = [Float](repeating: 100, count: 6)
        // Rows 2 and 3 of B are (1, 1) and (-1, 2).
        weights.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { pair.add(rows: 2..<4, scale: 0.5, to: base) }
        }
        let expected: [Float] = [110, 114, 118, 114, 116, 118]
        #expect(weights == expected)
        // B · A is (1 2 3), (4 5 6), (5 7 9), (7 8 9).
        let squares: [Double] = [1, 4, 9, 16, 25, 36, 25, 49, 81, 49, 64, 81]
        #expect(abs(pair.updateNorm - 4 * squares.reduce(0, +).squareRoot()) < 1e-9)
    }

    @Test func keepsNormsApartAndTakesAlphaZeroAsNoScaling() throws {
        try withScratchFolder { folder in
            var metadata = LowRankAdapterTests.required
            metadata[3].1 = .float32(0)
            let norm: (name: String, dimensions: [Int], data: [Float]) = ("blk.0.attn_norm.weight", [3], [1, 1, 1])
            try writeGGUF("\(folder)/a.gguf", metadata, LowRankAdapterTests.factors + [norm])
            let adapter = try LowRankAdapter(path: "\(folder)/a.gguf")
            #expect(Array(adapter.tensors.keys) == [LowRankAdapterTests.name])
            let whole = try #require(adapter.wholeTensors["blk.0.attn_norm.weight"])
            #expect(whole.dimensions == [3] && whole.numbers(0..<1) == [1, 1, 1])
            #expect(adapter.tensors[LowRankAdapterTests.name]?.scale == 1)
        }
    }

    /// What is changed in a good file, and what the message must then say.
    static let damages: [(change: String, message: String)] = [
        ("type", "general.type: 'model', expected 'adapter'"),
        ("adapter type", "adapter.type: missing, expected 'lora'"),
        ("alpha", "adapter.lora.alpha: nan, expected a number from 0 on"),
        ("digest", "retort.base.digest: 'sha256:12', expected sha256: and 64 hexadecimal digits"),
        ("invocation", "adapter.alora.invocation_tokens: an adapter that acts after an invocation only"),
        ("suffix", "tensor blk.0.attn_q.bias: expected a name that ends in .lora_a or .lora_b"),
        ("partner", "tensor blk.0.attn_q.weight.lora_b: missing, expected both factors"),
        ("rank", "factors [3, 2] and [4, 2], expected both to have the same rank"),
        ("dimensions", "tensor blk.0.attn_q.weight.lora_a: dimensions [6], expected two, neither 0"),
        ("number", "tensor blk.0.attn_q.weight.lora_b: row 1, column 1 is inf, expected finite numbers"),
        ("empty", "no factors, expected at least one pair"),
    ]

    @Test(arguments: damages)
    func refusesADamagedFile(_ damage: (change: String, message: String)) throws {
        var metadata = LowRankAdapterTests.required
        var tensors = LowRankAdapterTests.factors
        switch damage.change {
        case "type": metadata[0].1 = .string("model")
        case "adapter type": metadata.remove(at: 2)
        case "alpha": metadata[3].1 = .float32(.nan)
        case "digest": metadata.append((LowRankAdapter.baseDigestKey, .string("sha256:12")))
        case "invocation":
            metadata.append(("adapter.alora.invocation_tokens", .array(GGUFArray([UInt32(1)]))))
        case "suffix": tensors.append(("blk.0.attn_q.bias", [3], [1, 2, 3]))
        case "partner": tensors.remove(at: 1)
        case "rank": tensors[1].dimensions = [4, 2]
        case "dimensions": tensors[0].dimensions = [6]
        case "number": tensors[1].data[3] = .infinity
        default: tensors = []
        }
        try withScratchFolder { folder in
            let path = "\(folder)/bad.gguf"
            try writeGGUF(path, metadata, tensors)
            let error = #expect(throws: AdapterError.self) { try LowRankAdapter(path: path) }
            #expect(error?.description.hasPrefix(path) == true)
            #expect(error?.description.contains(damage.message) == true, "\(error?.description ?? "")")
        }
    }

    @Test func aScaleThatTheFormCannotSayGoesIntoB() throws {
        let pair = try LowRankPair(rank: 1, inputs: 1, outputs: 2, a: [3], b: [1, -2], scale: 4)
        let adapter = LowRankAdapter(architecture: "llama", alpha: 8, baseDigest: nil, tensors: ["x.weight": pair])
        try withScratchFolder { folder in
            try AtomicFile.write(to: "\(folder)/a") { try adapter.write(to: $0) }
            let back = try #require(try LowRankAdapter(path: "\(folder)/a").tensors["x.weight"])
            #expect(back.scale == 8)
            #expect(back.a == [3])
            let halved: [Float] = [0.5, -1]
            #expect(back.b == halved)
        }
    }

    @Test func refusesArraysOfTheWrongLength() {
        #expect(throws: AdapterError.self) {
            try LowRankPair(rank: 2, inputs: 3, outputs: 4, a: [1], b: [1], scale: 1)
        }
        #expect(throws: AdapterError.self) {
            try LowRankPair(rank: 0, inputs: 3, outputs: 4, a: [], b: [], scale: 1)
        }
    }
}
