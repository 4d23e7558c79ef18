import Adapters
import Foundation
import JSON
import Storage
import Testing
import TestSupport

@Suite(.needsFixtures)
struct PEFTTests {
    static func layout(_ name: String) -> PEFTLayout {
        PEFTLayout(
            architecture: name, headCount: 4, keyValueHeadCount: 2, permutesHeads: name == "llama",
            fusesGateAndUp: name == "phi3")
    }

    /// The same adapter through PEFT's folder and through the reference converter's GGUF.
    @Test(arguments: ["llama", "qwen2"])
    func theFolderIsTheConvertersFile(_ name: String) throws {
        let folder = Fixtures.path("lora/adapter-\(name)")
        let peft = try LowRankAdapter(peft: folder, layout: PEFTTests.layout(name))
        let gguf = try LowRankAdapter(path: "\(folder)/adapter.gguf")
        #expect(peft.alpha == gguf.alpha)
        #expect(peft.tensors == gguf.tensors)
    }

    @Test(arguments: ["llama", "qwen2"])
    func toGGUFAndBackLosesNothing(_ name: String) throws {
        let source = Fixtures.path("lora/adapter-\(name)"), layout = PEFTTests.layout(name)
        try withScratchFolder { folder in
            let peft = try LowRankAdapter(peft: source, layout: layout)
            try AtomicFile.write(to: "\(folder)/a.gguf") { try peft.write(to: $0) }
            try LowRankAdapter(path: "\(folder)/a.gguf").write(peft: "\(folder)/peft", layout: layout)
            let before = try SafetensorsFile(path: "\(source)/adapter_model.safetensors")
            let after = try SafetensorsFile(path: "\(folder)/peft/adapter_model.safetensors")
            #expect(Set(before.tensors.keys) == Set(after.tensors.keys))
            for (name, tensor) in before.tensors {
                let written = try #require(after.tensors[name])
                #expect(written.shape == tensor.shape)
                #expect(after.floats(written) == before.floats(tensor))
            }
            let configurations = try [source, "\(folder)/peft"].map {
                try JSONValue(parsing: Data(contentsOf: URL(filePath: "\($0)/adapter_config.json")))
            }
            #expect(configurations[0].serialized() == configurations[1].serialized())
        }
    }

    /// Copies the fixture with another configuration.
    static func withConfiguration<Result>(
        _ change: (inout JSONObject) -> Void, _ body: (String) throws -> Result
    ) throws -> Result {
        let source = Fixtures.path("lora/adapter-qwen2")
        return try withScratchFolder { folder in
            try FileManager.default.copyItem(
                atPath: "\(source)/adapter_model.safetensors", toPath: "\(folder)/adapter_model.safetensors")
            let text = try Data(contentsOf: URL(filePath: "\(source)/adapter_config.json"))
            var object = try JSONValue(parsing: text).objectValue ?? JSONObject()
            change(&object)
            try AtomicFile.write(JSONValue.object(object).serialized(), to: "\(folder)/adapter_config.json")
            return try body(folder)
        }
    }

    /// Names of modules are long enough for what doubles with every character.
    @Test(arguments: ["((([a-z_.0-9]*)*)*)*!", "(([a-z._0-9]+)+)+$!", "(([a-z._0-9])*)*[A-Z]"])
    func hostilePatternsAreRefused(pattern: String) throws {
        try PEFTTests.withConfiguration { object in
            object["rank_pattern"] = .object(JSONObject([(key: pattern, value: .integer(4))]))
        } _: { folder in
            let start = processorTime()
            let error = #expect(throws: AdapterError.self) {
                try LowRankAdapter(peft: folder, layout: PEFTTests.layout("qwen2"))
            }
            #expect(error?.description.contains("pattern '\(pattern)': takes too long on the module '") == true)
            #expect(processorTime() - start < 60)
        }
    }

    @Test func rankStabilizedScalingAndAlphaPatternsAreFollowed() throws {
        let layout = PEFTTests.layout("qwen2")
        try PEFTTests.withConfiguration { object in
            object["use_rslora"] = .bool(true)
            object["alpha_pattern"] = .object(
                JSONObject([
                    (key: "layers.1.self_attn.q_proj", value: .integer(32)),
                    (key: "(up|down)_proj", value: .integer(2)),
                    // PEFT matches whole parts of a name.
                    (key: "roj", value: .integer(1000)),
                ]))
        } _: { folder in
            let adapter = try LowRankAdapter(peft: folder, layout: layout)
            // alpha / √4
            #expect(adapter.tensors["blk.0.attn_q.weight"]?.scale == 4)
            #expect(adapter.tensors["blk.1.attn_q.weight"]?.scale == 16)
            #expect(adapter.tensors["blk.0.ffn_down.weight"]?.scale == 1)
            #expect(adapter.alpha == 16)
            // One alpha in the file, the same updates.
            try AtomicFile.write(to: "\(folder)/a.gguf") { try adapter.write(to: $0) }
            let back = try LowRankAdapter(path: "\(folder)/a.gguf")
            for (name, pair) in adapter.tensors {
                let other = try #require(back.tensors[name])
                #expect(other.scale == 4)
                #expect(other.a == pair.a)
                #expect(other.b == pair.b.map { $0 * pair.scale / 4 })
            }
            try back.write(peft: "\(folder)/back", layout: layout)
            #expect(try LowRankAdapter(peft: "\(folder)/back", layout: layout).tensors == adapter.tensors)
        }
    }

    @Test func anAdapterOfOursBecomesAPlainFolder() throws {
        let layout = PEFTTests.layout("llama")
        let one = try LowRankPair(
            rank: 2, inputs: 3, outputs: 16, a: (0..<6).map { Float($0) }, b: (0..<32).map { Float($0) }, scale: 4)
        let two = try LowRankPair(rank: 1, inputs: 2, outputs: 2, a: [1, 2], b: [3, 4], scale: 8)
        let embedding = try LowRankPair(
            rank: 2, inputs: 3, outputs: 2, a: [1, 2, 3, 4, 5, 6], b: [7, 8, 9, 1], scale: 4)
        let adapter = LowRankAdapter(
            architecture: "llama", alpha: 8, baseDigest: nil,
            tensors: [
                "blk.10.attn_q.weight": one, "blk.0.ffn_up.weight": two, "token_embd.weight": embedding,
                "output.weight": one,
            ])
        try withScratchFolder { folder in
            try adapter.write(peft: folder, layout: layout)
            let file = try SafetensorsFile(path: "\(folder)/adapter_model.safetensors")
            let query = try #require(file.tensors["base_model.model.model.layers.10.self_attn.q_proj.lora_B.weight"])
            // Four heads of four rows: row 1 of a head holds the first number of its second pair, row 2 of ours.
            #expect(Array(file.floats(query).prefix(8)) == [0, 1, 4, 5, 2, 3, 6, 7].map { Float($0) })
            let tokens = try #require(file.tensors["base_model.model.model.embed_tokens.lora_embedding_A"])
            #expect(tokens.shape == [2, 2])
            #expect(file.floats(tokens) == [7, 9, 8, 1].map { Float($0) })
            let back = try LowRankAdapter(peft: folder, layout: layout)
            #expect(back.tensors == adapter.tensors)
        }
    }

    @Test(arguments: [
        ("peft_type", JSONValue.string("IA3"), "peft_type: \"IA3\", expected \"LORA\""),
        ("use_dora", .bool(true), "use_dora: true, expected false: the GGUF form has no place for it"),
        ("bias", .string("all"), "bias: \"all\", expected \"none\""),
        ("modules_to_save", .array([.string("lm_head")]), "modules_to_save: [\"lm_head\"], expected []"),
        ("r", .integer(8), "expected rank 8"),
        ("r", .integer(0), "r: 0, expected a whole number from 1 on"),
        ("lora_alpha", .string("x"), "lora_alpha: \"x\", expected a number above 0"),
    ])
    func whatCannotBeFollowedIsRefused(_ key: String, _ value: JSONValue, _ message: String) throws {
        try PEFTTests.withConfiguration {
            $0[key] = value
        } _: { folder in
            let error = #expect(throws: AdapterError.self) {
                try LowRankAdapter(peft: folder, layout: PEFTTests.layout("qwen2"))
            }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    /// Every cut of the header, lengths that lie, offsets out of the file.
    @Test func hostileSafetensorsAreErrors() throws {
        let good = try Data(contentsOf: URL(filePath: Fixtures.path("lora/adapter-qwen2/adapter_model.safetensors")))
        let length = good.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
        try withScratchFolder { folder in
            func check(_ bytes: Data) throws {
                let path = "\(folder)/x.safetensors"
                try AtomicFile.write(bytes, to: path)
                #expect(throws: (any Error).self) { try SafetensorsFile(path: path) }
            }
            for end in stride(from: 0, to: 8 + length, by: 97) { try check(good.prefix(end)) }
            try check(good.dropLast())
            var lying = good
            lying.replaceSubrange(0..<8, with: [UInt8](repeating: 0xFF, count: 8))
            try check(lying)
            for header in [
                "[]", "{\"x\":1}", "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
            ] {
                var bytes = Data(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) })
                bytes += Data(header.utf8) + Data([0, 0, 0, 0])
                try check(bytes)
            }
        }
    }
}
