import GGUF
import JSON
import Storage

extension LowRankAdapter {
    /// Writes PEFT's folder.
    ///
    /// An adapter that came from PEFT gets its own configuration again, any other a plain one. Where a pair's scale is
    /// not the one that the configuration gives its module, the ratio goes into B.
    ///
    /// - Throws: ``AdapterError`` for a tensor that no module stands for; `StorageError` if the device refuses.
    public func write(peft folder: String, layout: PEFTLayout) throws {
        let modules = try tensors.sorted { $0.key < $1.key }.map { tensor, pair in
            guard let module = layout.module(ofTensor: tensor) else {
                throw AdapterError("\(tensor): no module of PEFT's form for it")
            }
            return (module: module, tensor: tensor, pair: pair)
        }
        let configuration = try peftConfiguration(modules.map { ($0.module, $0.pair) })
        var files: [String: (shape: [Int], numbers: [Float])] = [:]
        for (module, tensor, pair) in modules {
            var b = pair.b
            let ratio = pair.scale / (try configuration.scale(module: module, rank: pair.rank))
            if abs(ratio - 1) > 1e-6 { b = b.map { $0 * ratio } }
            try pair.checkNumbers(of: tensor)
            if let problem = LowRankPair.problem(b, columns: pair.rank) {
                throw AdapterError("\(tensor).lora_b: \(problem)")
            }
            if let heads = layout.permutedHeads(ofTensor: tensor) {
                b = PEFTLayout.permuted(b, rank: pair.rank, heads: heads, isInverse: true)
            }
            let name = LowRankAdapter.modulePrefix + module
            if tensor == LowRankAdapter.flippedTensor {
                files["\(name).lora_embedding_A"] = (
                    [pair.rank, pair.outputs],
                    LowRankAdapter.transposed(b, rows: pair.outputs, columns: pair.rank)
                )
                files["\(name).lora_embedding_B"] = (
                    [pair.inputs, pair.rank],
                    LowRankAdapter.transposed(pair.a, rows: pair.rank, columns: pair.inputs)
                )
            } else {
                files["\(name).lora_A.weight"] = ([pair.rank, pair.inputs], pair.a)
                files["\(name).lora_B.weight"] = ([pair.outputs, pair.rank], b)
            }
        }
        try AtomicFile.write(to: "\(folder)/\(LowRankAdapter.weightsName)") { try SafetensorsFile.write(files, to: $0) }
        try AtomicFile.write(
            configuration.json.serialized(.pretty) + "\n", to: "\(folder)/\(LowRankAdapter.configurationName)")
    }

    private func peftConfiguration(_ modules: [(module: String, pair: LowRankPair)]) throws -> PEFTConfiguration {
        if let text = try metadata.optionalString(LowRankAdapter.configurationKey) {
            let json: JSONValue
            do {
                json = try JSONValue(parsing: text)
            } catch {
                throw AdapterError("\(LowRankAdapter.configurationKey): not JSON, expected PEFT's configuration")
            }
            return try PEFTConfiguration(json, name: LowRankAdapter.configurationKey)
        }
        var votes: [Int: Int] = [:]
        for (_, pair) in modules { votes[pair.rank, default: 0] += 1 }
        let rank = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 1
        let alpha = alpha == 0 ? Float(rank) : alpha
        let others = modules.filter { $0.pair.rank != rank }
        let odd = modules.filter { abs($0.pair.scale * Float($0.pair.rank) / alpha - 1) > 1e-6 }
        let names = Set(modules.map { String($0.module.split(separator: ".").last ?? "") }).sorted()
        let json = JSONValue.object(
            JSONObject([
                (key: "peft_type", value: .string("LORA")),
                (key: "task_type", value: .string("CAUSAL_LM")),
                (key: "base_model_name_or_path", value: .null),
                (key: "inference_mode", value: .bool(true)),
                (key: "r", value: .integer(rank)),
                (key: "lora_alpha", value: .number(Double(alpha))),
                (key: "lora_dropout", value: .number(0)),
                (key: "bias", value: .string("none")),
                (key: "fan_in_fan_out", value: .bool(false)),
                (key: "use_rslora", value: .bool(false)),
                (key: "use_dora", value: .bool(false)),
                (key: "target_modules", value: .array(names.map { .string($0) })),
                (
                    key: "rank_pattern",
                    value: .object(JSONObject(others.map { (key: $0.module, value: .integer($0.pair.rank)) }))
                ),
                (
                    key: "alpha_pattern",
                    value: .object(
                        JSONObject(
                            odd.map {
                                (key: $0.module, value: .number(Double($0.pair.scale * Float($0.pair.rank))))
                            }))
                ),
            ]))
        return try PEFTConfiguration(json, name: "adapter_config.json")
    }
}
