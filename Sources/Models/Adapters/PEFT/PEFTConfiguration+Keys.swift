import JSON

extension PEFTConfiguration {
    /// What may stand under a key.
    private enum Rule {
        case text, flag, whole, number, object, textOrList, wholeOrList
        /// Anything: read elsewhere, or saying only how the adapter came about.
        case anything
        /// Changes what an adapter computes; the value that switches it off.
        case off(JSONValue)
    }

    /// The keys of which it is known what they mean for an adapter's updates, as PEFT 0.21 writes them.
    private static let rules: [String: Rule] = [
        // Followed.
        "peft_type": .text, "r": .anything, "lora_alpha": .anything, "use_rslora": .flag, "rank_pattern": .object,
        "alpha_pattern": .object, "target_modules": .textOrList, "exclude_modules": .textOrList,
        "init_lora_weights": .anything,
        // How and from what the adapter was made; the updates are the same.
        "task_type": .text, "base_model_name_or_path": .text, "revision": .text, "peft_version": .text,
        "inference_mode": .flag, "lora_dropout": .number, "auto_mapping": .anything, "eva_config": .anything,
        "runtime_config": .anything, "layers_to_transform": .wholeOrList, "layers_pattern": .textOrList,
        "megatron_core": .text, "qalora_group_size": .whole,
        // What changes the updates, or the model beside them.
        "bias": .off(.string("none")), "fan_in_fan_out": .off(.bool(false)), "use_dora": .off(.bool(false)),
        "lora_bias": .off(.bool(false)), "use_qalora": .off(.bool(false)), "use_bdlora": .off(.bool(false)),
        "ensure_weight_tying": .off(.bool(false)), "modules_to_save": .off(.array([])),
        "layer_replication": .off(.array([])), "target_parameters": .off(.array([])),
        "trainable_token_indices": .off(.array([])), "alora_invocation_tokens": .off(.array([])),
        "loftq_config": .off(.object(JSONObject())), "corda_config": .off(.null), "lora_ga_config": .off(.null),
        "kasa_config": .off(.null), "velora_config": .off(.null), "monteclora_config": .off(.null),
        "arrow_config": .off(.null), "megatron_config": .off(.null),
    ]

    /// Refuses wrong types, what is switched on and cannot be followed, and what is not known, unless it is off.
    ///
    /// - Throws: ``AdapterError`` that names the key.
    static func checkKeys(_ object: JSONObject, name: String) throws {
        for (key, value) in object.members where !isOff(value) {
            func refuse(_ expected: String) -> AdapterError {
                AdapterError("\(name): \(key): \(String(value.serialized().prefix(80))), expected \(expected)")
            }
            guard let rule = rules[key] else {
                throw refuse("null: an option that is not known, and may change what the adapter computes")
            }
            switch rule {
            case .anything: break
            case .text: if value.stringValue == nil { throw refuse("a text") }
            case .flag: if value.boolValue == nil { throw refuse("true or false") }
            case .whole: if value.integerValue == nil { throw refuse("a whole number") }
            case .number: if value.doubleValue == nil { throw refuse("a number") }
            case .object: if value.objectValue == nil { throw refuse("an object") }
            case .textOrList:
                guard value.stringValue == nil else { break }
                guard let list = value.arrayValue, list.allSatisfy({ $0.stringValue != nil }) else {
                    throw refuse("a text or a list of texts")
                }
            case .wholeOrList:
                guard value.integerValue == nil else { break }
                guard let list = value.arrayValue, list.allSatisfy({ $0.integerValue != nil }) else {
                    throw refuse("a whole number or a list of them")
                }
            case .off(let off):
                guard value == off else { throw refuse("\(off.serialized()): the GGUF form has no place for it") }
            }
        }
    }

    /// What switches an option off, or leaves it to its default.
    private static func isOff(_ value: JSONValue) -> Bool {
        value.isNull || value == .bool(false) || value.arrayValue?.isEmpty == true || value.objectValue?.isEmpty == true
    }

    /// Refuses an initialization that took something off the base: the update belongs to what was left of it.
    static func checkInitialization(_ value: JSONValue?, name: String) throws {
        guard let value, !value.isNull, value.boolValue == nil else { return }
        guard let text = value.stringValue else {
            throw AdapterError(
                "\(name): init_lora_weights: \(value.serialized()), expected true, false or a text")
        }
        let kind = text.lowercased()
        if ["gaussian", "orthogonal", "eva"].contains(kind) { return }
        let quoted = JSONValue.string(String(text.prefix(40))).serialized()
        guard ["pissa", "olora", "corda", "loftq", "lora_ga", "loraga"].contains(where: kind.hasPrefix) else {
            throw AdapterError(
                "\(name): init_lora_weights: \(quoted), expected true, false, \"gaussian\", \"orthogonal\" or \"eva\": "
                    + "an initialization that is not known, and may have changed the base")
        }
        throw AdapterError(
            "\(name): init_lora_weights: \(quoted) changed the base before training, expected an update of the "
                + "unchanged base",
            hint: kind.hasPrefix("loftq")
                ? "merge the adapter into the base that LoftQ made, and convert the whole model"
                : "save it again with PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=FOLDER), FOLDER "
                    + "being the adapter as it was before training")
    }
}
