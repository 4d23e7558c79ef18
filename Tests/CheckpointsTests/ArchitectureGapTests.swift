import Adapters
import Architectures
import Checkpoints
import Foundation
import GGUF
import Storage
import Testing
import TestSupport

/// What a file says about why it is not supported, and which layers have a window.
@Suite(.needsFixtures)
struct ArchitectureGapTests {
    private func gap(
        _ metadata: (inout GGUFMetadata) -> Void, tensors: (GGUFTensorInfo) throws -> GGUFTensorInfo? = { $0 }
    ) throws -> ArchitectureGap? {
        try withScratchFolder { folder in
            try rewrite(
                Fixtures.model("llama"), to: "\(folder)/model.gguf",
                metadata: {
                    $0.set("general.architecture", "granite")
                    metadata(&$0)
                }, tensors: tensors)
            return ArchitectureGap(file: try GGUFFile(path: "\(folder)/model.gguf"))
        }
    }

    @Test func aSupportedArchitectureHasNone() throws {
        #expect(ArchitectureGap(file: try GGUFFile(path: Fixtures.model("gemma3"))) == nil)
    }

    @Test func newKeysAndTensorsAreNamedAndAbsentOnesToo() throws {
        let gap = try #require(
            try gap(
                {
                    $0.set("granite.logit_scale", .float32(8))
                    $0.set("granite.expert_count", .uint32(0))
                    $0.set("granite.attention.head_count", .uint32(4))
                    $0.set("granite.attention.causal", .bool(true))
                },
                tensors: { tensor in
                    if tensor.name == "blk.1.ffn_gate.weight" {
                        return try GGUFTensorInfo(
                            name: "blk.1.ffn_gate_exps.weight", type: tensor.type, dimensions: tensor.dimensions)
                    }
                    return tensor.name.hasSuffix(".ffn_norm.weight") ? nil : tensor
                }))
        #expect(
            gap.lines == [
                "keys that no supported architecture has: logit_scale = 8.0, attention.causal = true",
                "tensors that no supported architecture has: blk.*.ffn_gate_exps.weight",
                "tensors that every supported architecture has and this one lacks: blk.*.ffn_norm.weight",
            ])
    }

    @Test func aNewNameAloneIsSaidToBeThat() throws {
        let gap = try #require(try gap { _ in })
        #expect(gap.lines == ["no tensor or key is new: what is missing is how 'granite' computes with them"])
    }

    /// A period or a list, as llama.cpp reads both.
    @Test func windowsFollowThePatternOfTheFile() throws {
        func windows(_ pattern: GGUFValue) throws -> [Int?] {
            try withScratchFolder { folder in
                let path = "\(folder)/model.gguf"
                try rewrite(
                    Fixtures.model("gemma2"), to: path,
                    metadata: { $0.set("gemma2.attention.sliding_window_pattern", pattern) })
                let architecture = try Checkpoint(path: path).architecture
                return (0..<architecture.layerCount).map { architecture.window(ofLayer: $0) }
            }
        }
        #expect(try windows(.uint32(3)) == [16, 16, nil])
        #expect(try windows(.uint32(0)) == [16, 16, 16])
        #expect(try windows(.uint32(1)) == [nil, nil, nil])
        #expect(try windows(.array(GGUFArray([false, true, false]))) == [nil, 16, nil])
        #expect(try windows(.array(GGUFArray([Int32(1), 0, 0]))) == [16, nil, nil])
        #expect(throws: ArchitectureError.self) { try windows(.array(GGUFArray([true]))) }
    }
}
