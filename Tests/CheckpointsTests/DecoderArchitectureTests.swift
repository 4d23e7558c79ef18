import Architectures
import Checkpoints
import Foundation
import GGUF
import Tensors
import Testing
import TestSupport

@Suite(.needsFixtures)
struct DecoderArchitectureTests {
    @Test func llama() throws {
        let architecture = try Checkpoint(path: Fixtures.model("llama")).architecture
        #expect(architecture.name == "llama")
        #expect(architecture.layerCount == 2)
        #expect(architecture.hiddenSize == 256)
        #expect(architecture.vocabularySize == 512)
        #expect(architecture.attention.headCount == 4)
        #expect(architecture.attention.keyValueHeadCount == 2)
        #expect(architecture.attention.headSize == 64)
        #expect(architecture.attention.scale == 0.125)
        #expect(architecture.feedForward.size == 512)
        #expect(architecture.normEpsilon == 1e-5)
        #expect(!architecture.isOutputTied)
        #expect(architecture.rope.pairing == .adjacent)
        #expect(architecture.layerMatrices.map(\.role) == [.query, .key, .value, .attentionOutput, .gate, .up, .down])
    }

    @Test func whatEachArchitectureAdds() throws {
        let qwen2 = try Checkpoint(path: Fixtures.model("qwen2")).architecture
        #expect(qwen2.attention.hasInputBias && !qwen2.attention.hasOutputBias && qwen2.isOutputTied)
        let qwen3 = try Checkpoint(path: Fixtures.model("qwen3")).architecture
        #expect(qwen3.attention.hasQueryKeyNorm && qwen3.attention.queryWidth == 512)
        let gemma2 = try Checkpoint(path: Fixtures.model("gemma2")).architecture
        #expect(gemma2.attention.softCap == 5 && gemma2.logitSoftCap == 5 && gemma2.embeddingScale == 16)
        #expect((0..<3).map { gemma2.window(ofLayer: $0) } == [16, nil, 16])
        let gemma3 = try Checkpoint(path: Fixtures.model("gemma3")).architecture
        #expect((0..<7).map { gemma3.window(ofLayer: $0) } == [16, 16, 16, 16, 16, nil, 16])
        #expect(gemma3.rope(ofLayer: 0).base == 10_000 && gemma3.rope(ofLayer: 5).base == 1_000_000)
        let phi3 = try Checkpoint(path: Fixtures.model("phi3-longrope")).architecture
        #expect(phi3.attention.isFused && phi3.feedForward.isFused && phi3.rope.dimensions == 24)
        #expect(!phi3.rope.isLong(256) && phi3.rope.isLong(257))
    }

    /// Every tensor of every fixture is one that the description asks for, and none is missing.
    @Test func requiredTensorsAreThoseOfTheFiles() throws {
        for name in ["llama", "llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"] {
            let checkpoint = try Checkpoint(path: Fixtures.model(name))
            let required = Set(checkpoint.architecture.requiredTensors.map(\.name))
            let there = Set(checkpoint.file.tensors.map(\.name).filter { !$0.hasPrefix("rope_") })
            #expect(required == there)
        }
    }

    @Test func anUnsupportedArchitectureIsNamedWithThoseThatAre() throws {
        try withScratchFolder { folder in
            let path = "\(folder)/model.gguf"
            try rewrite(Fixtures.model("llama"), to: path, metadata: { $0.set("general.architecture", "mamba") })
            let error = #expect(throws: ArchitectureError.self) { try Checkpoint(path: path) }
            #expect(
                error?.description == "\(path): general.architecture: 'mamba' is not supported, "
                    + "expected one of gemma, gemma2, gemma3, llama, phi3, qwen2, qwen3")
        }
    }

    /// A key, what it is set to, and what the message must say.
    static let wrongKeys: [(key: String, value: GGUFValue, message: String)] = [
        (
            "llama.attention.head_count_kv", .uint32(3),
            "llama.attention.head_count_kv: 3, expected a divisor of 4 heads"
        ),
        ("llama.attention.head_count", .uint32(0), "llama.attention.head_count: 0, expected from 1 to 65536"),
        ("llama.attention.value_length", .uint32(32), "llama.attention.value_length: 32, expected 64"),
        ("llama.rope.dimension_count", .uint32(63), "llama.rope.dimension_count: 63, expected an even number"),
        ("llama.rope.dimension_count", .uint32(66), "llama.rope.dimension_count: 66, expected from 2 to 64"),
        ("llama.rope.scaling.type", .string("su"), "llama.rope.scaling.type: 'su', expected one of none, linear"),
        ("llama.block_count", .uint32(0), "llama.block_count: 0, expected from 1 to 65536"),
        ("llama.block_count", .uint32(3), "tensor blk.2.attn_q.weight: missing, expected dimensions [256, 256]"),
        ("llama.block_count", .uint32(1), "tensor blk.1.attn_norm.weight: not part of architecture llama"),
        ("llama.block_count", .string("two"), "llama.block_count"),
        (
            "llama.embedding_length", .uint32(128),
            "tensor token_embd.weight: dimensions [256, 512], expected [128, 512]"
        ),
        ("llama.expert_count", .uint32(8), "llama.expert_count: 8, expected a model without experts"),
        ("llama.attention.layer_norm_rms_epsilon", .float32(.nan), "llama.attention.layer_norm_rms_epsilon: nan"),
        ("general.type", .string("adapter"), "general.type: 'adapter', expected 'model'"),
    ]

    @Test(arguments: wrongKeys)
    func aWrongKeyIsAnErrorThatNamesIt(_ wrong: (key: String, value: GGUFValue, message: String)) throws {
        try withScratchFolder { folder in
            let path = "\(folder)/model.gguf"
            try rewrite(Fixtures.model("llama"), to: path, metadata: { $0.set(wrong.key, wrong.value) })
            let error = #expect(throws: (any Error).self) { try Checkpoint(path: path) }
            let message = (error as? any LocalizedError)?.errorDescription ?? ""
            #expect(message.hasPrefix(path) && message.contains(wrong.message), "\(message)")
        }
    }

    @Test func yarnLeavesHighFrequenciesAndInterpolatesLowOnes() throws {
        // The numbers of transformers' _compute_yarn_parameters (4.57) for dim 64, base 10000, factor 4, original context
        // 1024: attention factor 0.1 ln 4 + 1 = 1.1386294, interpolation from pair 5 on, whole from pair 18 on.
        let rope = RotaryEmbedding(
            pairing: .halves, dimensions: 64, base: 10_000, frequencyScale: 0.25, originalContextLength: 1024,
            factors: nil, longFactors: nil, yarn: .init(extrapolation: 1, fastBeta: 32, slowBeta: 1), magnitude: 1)
        let frequencies = rope.frequencies(sequenceLength: 4096)
        func plain(_ pair: Int) -> Float { Float(pow(10_000, -2 * Double(pair) / 64)) }
        let low = floor(64 * log(1024 / (32 * 2 * Double.pi)) / (2 * log(10_000)))
        let high = ceil(64 * log(1024 / (2 * Double.pi)) / (2 * log(10_000)))
        #expect(low == 5 && high == 18)
        #expect(frequencies.inverse[0] == 1)
        #expect(abs(frequencies.inverse[5] - plain(5)) < 1e-6)
        #expect(abs(frequencies.inverse[18] - plain(18) / 4) < 1e-7)
        #expect(abs(frequencies.inverse[31] - plain(31) / 4) < 1e-8)
        #expect(abs(frequencies.magnitude - 1.1386294) < 1e-6)
    }
}
