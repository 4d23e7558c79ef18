import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

/// `quants/type-choice.json`: the types that `llama-quantize` chose on models of sixteen layers.
@Suite(.ownThreads) struct TensorTypeChoiceTests {
    struct Model: Decodable {
        var name: String
        var arch: String
        var layers: Int
        var heads: Int
        var kv: Int
        var hidden: Int
        var ff: Int
        var types: [String: [String: String]]
    }
    struct Table: Decodable { var models: [Model] }

    @Test(.needsFixtures)
    func choosesAsTheReferenceDoes() throws {
        let json = try Fixtures.data("quants/type-choice.json")
        let table = try JSONDecoder().decode(Table.self, from: json)
        #expect(table.models.count == 7)
        var checked = 0
        for model in table.models {
            var metadata = GGUFMetadata()
            metadata.set("general.architecture", model.arch)
            metadata.set("\(model.arch).block_count", .uint32(UInt32(model.layers)))
            metadata.set("\(model.arch).attention.head_count", .uint32(UInt32(model.heads)))
            metadata.set("\(model.arch).attention.head_count_kv", .uint32(UInt32(model.kv)))
            let names = try #require(model.types["Q4_K_M"]).keys.sorted()
            let tensors = try names.map { name in
                // The table names the sizes of the model; only row length and rank play a part.
                let isVector = name.contains("_norm") || name.hasSuffix("bias") || name.hasPrefix("rope_")
                let row = name.contains("ffn_down") ? model.ff : model.hidden
                return try GGUFTensorInfo(name: name, type: .f32, dimensions: isVector ? [row] : [row, 64])
            }
            for (name, expected) in model.types {
                let fileType = try #require(FileType(name: name))
                let types = try TensorTypeChoice.types(
                    for: tensors, of: metadata, fileType: fileType, hasImportance: false)
                for (tensor, type) in expected {
                    #expect(types[tensor]?.name == type, "\(model.name), \(name): \(tensor)")
                    checked += 1
                }
            }
        }
        #expect(checked > 3000)
    }

    @Test func refusesTwoBitsWithoutImportance() throws {
        let tensor = try GGUFTensorInfo(name: "blk.0.attn_k.weight", type: .f32, dimensions: [256, 4])
        #expect {
            try TensorTypeChoice.types(for: [tensor], of: GGUFMetadata(), fileType: .q2_K_S, hasImportance: false)
        } throws: {
            "\($0)" == "cannot quantize to Q2_K_S: tensor \"blk.0.attn_k.weight\" needs an importance matrix"
        }
    }
}
