import Adapters
import Foundation
import GGUF
import JSON
import Testing
import TestSupport

/// PEFT's folders that other tools apply to the wrong matrices, or with parts left out; for the fixture `llama`.
@Suite(.needsFixtures, .ownThreads) struct PEFTCasesTests {
    static let base = Fixtures.path("models/llama.gguf")
    /// A good one, in all its parts.
    static let good = Fixtures.path("lora/adapter-llama")

    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func inspect(_ adapter: String, _ more: String...) throws -> Executable.Outcome {
        try Executable.run("retort-inspect", ["adapter", adapter, "--model", Self.base] + more)
    }

    /// The good folder with another configuration and other tensors.
    private func edited(
        _ change: (inout JSONObject) -> Void = { _ in },
        tensors edit: (inout [String: (shape: [Int], numbers: [Float])]) -> Void = { _ in }
    ) throws -> String {
        var object =
            try JSONValue(
                parsing: Data(contentsOf: URL(filePath: "\(Self.good)/adapter_config.json"))
            ).objectValue ?? JSONObject()
        change(&object)
        try folder.write("peft/adapter_config.json", JSONValue.object(object).serialized())
        let file = try SafetensorsFile(path: "\(Self.good)/adapter_model.safetensors")
        var tensors = file.tensors.mapValues { (shape: $0.shape, numbers: file.floats($0)) }
        edit(&tensors)
        let path = try folder.write("peft/adapter_model.safetensors", "")
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try SafetensorsFile.write(tensors, to: handle)
        return folder.file("peft")
    }

    @Test(
        .needsShared("cases/model"),
        arguments: [
            ("peft-init-pissa", "adapter_config.json: init_lora_weights: \"pissa\" changed the base before training"),
            (
                "peft-two-towers",
                "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj: of a part of the model beside"
            ),
            ("peft-rslora-string", "adapter_config.json: use_rslora: \"true\", expected true or false"),
        ])
    func whatCannotBeAppliedIsRefusedByName(name: String, message: String) throws {
        let adapter = Checkout.shared("cases/model/\(name)")
        let outcome = try inspect(adapter)
        #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
        let register = try Executable.run(
            "retort-registry", "register", "x", "--artifact", adapter, "--base", Self.base, "--workspace",
            folder.file("w"))
        #expect(register.status == 1 && register.errors.contains(message), "\(register.errors)")
        let merge = try Executable.run("retort-quantize", Self.base, folder.file("m.gguf"), "F16", "--adapter", adapter)
        #expect(merge.status == 1 && merge.errors.contains(message), "\(merge.errors)")
    }

    @Test func theConversionOfInitializationsIsNamed() throws {
        for kind in ["pissa_niter_4", "olora", "corda", "lora_ga"] {
            let outcome = try inspect(try edited { $0["init_lora_weights"] = .string(kind) })
            #expect(outcome.status == 1 && outcome.errors.contains("path_initial_model_for_weight_conversion"))
        }
        #expect(
            try inspect(try edited { $0["init_lora_weights"] = "loftq" }).errors.contains("convert the whole model"))
        for kind: JSONValue in ["gaussian", "eva", true, false, "orthogonal", .null] {
            #expect(try inspect(try edited { $0["init_lora_weights"] = kind }).status == 0, "\(kind)")
        }
    }

    static let options: [(String, JSONValue)] = [
        ("use_dora", true), ("lora_bias", true), ("bias", "lora_only"), ("layer_replication", [[0, 2], [1, 2]]),
        ("trainable_token_indices", [1, 2]), ("modules_to_save", ["lm_head"]), ("fan_in_fan_out", true),
        ("target_parameters", ["mlp.experts"]), ("exclude_modules", ["q_proj"]), ("exclude_modules", 5),
        ("use_qalora", true), ("kasa_config", ["rank": 4]), ("alora_invocation_tokens", [1]),
        ("loftq_config", ["bits": 4]),
        ("an_option_of_tomorrow", 3), ("an_option_of_tomorrow", true), ("ensure_weight_tying", true),
        ("use_rslora", 1), ("r", "8"), ("r", 0), ("r", 2.5), ("lora_alpha", "16"), ("lora_alpha", true),
        ("lora_alpha", 0),
        ("rank_pattern", [1]), ("rank_pattern", ["q_proj": "8"]), ("alpha_pattern", ["q_proj": 0]),
        ("lora_dropout", "0.1"), ("target_modules", ["v_proj"]), ("target_modules", 3), ("task_type", "SEQ_CLS"),
        ("peft_type", "IA3"), ("peft_type", "ADALORA"), ("inference_mode", "yes"),
    ]

    @Test(arguments: options) func anOptionThatMattersIsRefusedByName(key: String, value: JSONValue) throws {
        let outcome = try inspect(try edited { $0[key] = value })
        #expect(outcome.status == 1, "\(key): \(value.serialized())")
        let named = key == "exclude_modules" && value.arrayValue != nil ? "target_modules" : key
        #expect(outcome.errors.contains(named), "\(outcome.errors)")
    }

    /// Off, or saying only where an adapter came from.
    static let harmless: [(String, JSONValue)] = [
        ("use_dora", false), ("modules_to_save", []), ("an_option_of_tomorrow", .null),
        ("an_option_of_tomorrow", false), ("peft_version", "9.9"), ("auto_mapping", ["a": "b"]), ("revision", "main"),
        ("layers_to_transform", [0, 1]), ("lora_dropout", 0.1), ("exclude_modules", []), ("qalora_group_size", 32),
    ]

    @Test(arguments: harmless)
    func whatChangesNothingIsTaken(key: String, value: JSONValue) throws {
        #expect(try inspect(try edited { $0[key] = value }).status == 0)
    }

    @Test(.needsShared("cases/model")) func embeddingsThatAreTheBasesAreTaken() throws {
        let adapter = Checkout.shared("cases/model/peft-embed-and-head")
        let outcome = try inspect(adapter, "--convert", folder.file("a.gguf"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("parameters    10240 in 4 matrices"))
        #expect(outcome.output.contains("whole tensor  token_embd.weight [256, 512], the base's"))
        // As a GGUF file it is the same adapter, embeddings left behind.
        let converted = try LowRankAdapter(path: folder.file("a.gguf"))
        #expect(converted.wholeTensors.isEmpty && converted.tensors.count == 4)
    }

    @Test func embeddingsThatWereChangedOrResizedAreNot() throws {
        let name = "base_model.model.model.embed_tokens.base_layer.weight"
        let tensor = try #require(GGUFFile(path: Self.base).tensor("token_embd.weight"))
        let file = try GGUFFile(path: Self.base)
        let numbers = Array(file.bytes(of: tensor).bindMemory(to: Float.self))
        let same = try edited(tensors: { $0[name] = ([512, 256], numbers) })
        #expect(try inspect(same).status == 0)
        var other = numbers
        other[7 * 256 + 3] += 1e-3
        let changed = try inspect(try edited(tensors: { $0[name] = ([512, 256], other) }))
        #expect(changed.status == 1)
        #expect(
            changed.errors.contains("\(name): the embeddings were changed or resized: row 7 differs"),
            "\(changed.errors)")
        let resized = try inspect(
            try edited(tensors: { $0[name] = ([513, 256], numbers + [Float](repeating: 0, count: 256)) }))
        #expect(resized.status == 1)
        #expect(
            resized.errors.contains(
                "the embeddings were changed or resized: dimensions [256, 513], expected the dimensions [256, 512]"))
        // A norm, or any other matrix, is never one that PEFT saves along.
        let norm = try inspect(
            try edited(tensors: {
                $0["base_model.model.model.norm.weight"] = ([256], [Float](repeating: 1, count: 256))
            }))
        #expect(norm.status == 1 && norm.errors.contains("model.norm"), "\(norm.errors)")
    }

    @Test(.needsShared("cases/model")) func anotherBasesNameIsShownAndNeverStampedSilently() throws {
        let adapter = Checkout.shared("cases/model/peft-other-base-name")
        let outcome = try inspect(adapter, "--convert", folder.file("a.gguf"))
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("base name     Qwen/Qwen2.5-0.5B-Instruct"))
        #expect(outcome.errors.contains("warning: \(adapter): made for the base 'Qwen/Qwen2.5-0.5B-Instruct', and "))
        #expect(outcome.errors.contains("from now on bound to the tensors of \(Self.base), because --model said so"))
        #expect(try inspect(folder.file("a.gguf")).output.contains("base name     Qwen/Qwen2.5-0.5B-Instruct"))
    }

    @Test func twoModulesForOneMatrixAreRefused() throws {
        let prefix = "base_model.model.model"
        let outcome = try inspect(
            try edited {
                $0["target_modules"] = ".*"
            } tensors: { tensors in
                for factor in ["lora_A", "lora_B"] {
                    let end = "layers.0.self_attn.q_proj.\(factor).weight"
                    tensors["\(prefix).language_model.\(end)"] = tensors["\(prefix).\(end)"]
                }
            })
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains(
                "modules model.language_model.layers.0.self_attn.q_proj and model.layers.0.self_attn.q_proj: both change "
                    + "blk.0.attn_q.weight"), "\(outcome.errors)")
    }

    @Test func anAdapterWithoutSafetensorsOrInAnInnerFolderSaysSo() throws {
        try folder.write("bin/adapter_config.json", "{}")
        try folder.write("bin/adapter_model.bin", "x")
        let bin = try inspect(folder.file("bin"))
        #expect(bin.status == 1 && bin.errors.contains("adapter_model.bin, PyTorch's pickled form, expected"))
        #expect(bin.errors.contains("hint: python3 -c"))
        try folder.write("several/first/adapter_config.json", "{}")
        try folder.write("several/second/adapter_config.json", "{}")
        let several = try inspect(folder.file("several"))
        #expect(several.status == 1)
        #expect(several.errors.contains("it has folders of adapters: first, second"), "\(several.errors)")
        let file = try inspect("\(Self.good)/adapter_model.safetensors")
        #expect(file.status == 1 && file.errors.contains("not a GGUF file but a safetensors file"))
    }

    @Test func twoTensorsOfOneNameAreNoticed() throws {
        let path = "\(try edited())/adapter_model.safetensors"
        let bytes = try Data(contentsOf: URL(filePath: path))
        // The header loses one: its bytes are nobody's.
        let header = String(decoding: bytes[8..<8 + Int(bytes[0]) + Int(bytes[1]) << 8], as: UTF8.self)
        let first = "layers.0.mlp.down_proj.lora_A", second = "layers.0.mlp.down_proj.lora_B"
        let twice = header.replacing(second, with: first)
        try Data(bytes.prefix(8) + Data(twice.utf8) + bytes.dropFirst(8 + header.utf8.count)).write(
            to: URL(filePath: path))
        let outcome = try inspect(folder.file("peft"))
        #expect(outcome.status == 1, "\(outcome.output)")
    }

    /// Modules that an expression names, and layers, are as binding as a list of ends.
    @Test func expressionsAndLayersAreFollowed() throws {
        for (key, value): (String, JSONValue) in [
            ("target_modules", ".*nothing.*"), ("exclude_modules", ".*_proj"), ("layers_to_transform", 99),
            ("layers_to_transform", [99]), ("target_modules", "model\\.layers\\.0\\.self_attn\\.none"),
        ] {
            let outcome = try inspect(try edited { $0[key] = value })
            #expect(outcome.status == 1 && outcome.errors.contains("not one that target_modules"), "\(outcome.errors)")
        }
        #expect(try inspect(try edited { $0["target_modules"] = ".*\\.(\\w+_proj)" }).status == 0)
        #expect(try inspect(try edited { $0["target_modules"] = "(" }).errors.contains("not a regular expression"))
        #expect(try inspect(try edited { $0["lora_alpha"] = 1e39 }).errors.contains("lora_alpha"))
    }
}
