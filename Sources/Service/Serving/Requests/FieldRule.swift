import JSON

/// What one field of a completion request means here, by name.
struct FieldRule: Sendable {
    enum Route: Sendable { case both, chat, text }

    enum Effect: Sendable {
        /// Read, and followed.
        case followed
        /// Changes no answer here; it must only not be more than a note.
        case inert
        /// Would change the answer and is not supported: only values that ask for nothing are taken.
        case unused(reason: String, isUnused: @Sendable (JSONValue) -> Bool)
    }

    let route: Route
    let effect: Effect

    /// Why the other route does not take a field.
    static func elsewhere(_ field: String, isChat: Bool) -> String {
        if field.hasSuffix("logprobs") { return "only chat completions have log-probabilities" }
        return "only \(isChat ? "/v1/completions" : "/v1/chat/completions") takes it"
    }

    static let all: [String: FieldRule] = {
        var rules: [String: FieldRule] = [:]
        func add(_ names: String, _ route: Route = .both, _ effect: Effect) {
            for name in names.split(separator: " ") { rules[String(name)] = FieldRule(route: route, effect: effect) }
        }
        func unused(
            _ names: String, _ reason: String, _ route: Route = .both,
            _ isUnused: @escaping @Sendable (JSONValue) -> Bool = { _ in false }
        ) { add(names, route, .unused(reason: reason, isUnused: isUnused)) }

        add("model stream stream_options temperature top_p top_k min_p max_tokens stop seed", .both, .followed)
        add("presence_penalty frequency_penalty repetition_penalty logit_bias cache_salt", .both, .followed)
        add("messages max_completion_tokens logprobs top_logprobs", .chat, .followed)
        add("prompt", .text, .followed)

        add("user metadata store service_tier safety_identifier prompt_cache_key prompt_cache_retention", .both, .inert)
        add("parallel_tool_calls", .chat, .inert)
        add("prompt_cache_options", .chat, .inert)
        add("cache_prompt request_id priority", .both, .inert)

        // OpenAI's.
        unused("n best_of", "only one answer a request is supported") { $0.doubleValue == 1 }
        unused("echo", "echoing the prompt is not supported", .text) { $0 == false }
        unused("suffix", "inserting before a suffix is not supported", .text) { $0 == "" }
        unused("tools functions", "tools are not supported", .chat) { $0.arrayValue?.isEmpty == true }
        unused("tool_choice function_call", "tools are not supported", .chat) { $0 == "none" || $0 == "auto" }
        unused("modalities", "only text is supported", .chat) { $0 == ["text"] }
        unused("audio", "only text is supported", .chat)
        unused("prediction", "predicted output is not supported", .chat)
        unused("reasoning_effort", "reasoning is not supported", .chat) { $0 == "none" }
        unused("verbosity", "verbosity is not supported", .chat) { $0 == "medium" }
        unused("moderation", "moderation is not supported", .chat)
        unused("web_search_options", "search is not supported", .chat)
        unused("response_format", "only text is supported") { format in
            let sent = format.objectValue?.members.filter { !$0.value.isNull }
            return sent?.count == 1 && format["type"] == "text"
        }

        // llama-server's and vLLM's.
        let grammars =
            "grammar json_schema guided_json guided_regex guided_choice guided_grammar guided_decoding_backend "
            + "structured_outputs"
        unused(grammars, "constrained answers are not supported") { $0.objectValue?.isEmpty == true || $0 == "" }
        unused("repeat_penalty length_penalty typical_p", "this sampling is not supported") { $0.doubleValue == 1 }
        unused("mirostat min_tokens dry_multiplier xtc_probability dynatemp_range", "this sampling is not supported") {
            $0.doubleValue == 0
        }
        unused("samplers logits_processors bad_words allowed_token_ids stop_token_ids", "not supported") {
            $0.arrayValue?.isEmpty == true
        }
        unused("use_beam_search ignore_eos include_stop_str_in_output", "not supported") { $0 == false }
        unused("continue_final_message", "an answer cannot be begun by the client", .chat) { $0 == false }
        unused("add_generation_prompt", "the answer's beginning cannot be left out", .chat) { $0 == true }
        unused("skip_special_tokens spaces_between_special_tokens add_special_tokens", "not supported") { $0 == true }
        unused("prompt_logprobs n_probs", "log-probabilities of prompts are not supported") {
            $0.doubleValue == 0 || $0 == false
        }
        unused("return_tokens return_token_ids return_tokens_as_token_ids timings_per_token", "not supported") {
            $0 == false
        }
        unused("truncate_prompt_tokens n_keep", "prompts are not cut") { $0.doubleValue == 0 }
        unused("chat_template", "the model's own template is used", .chat)
        unused("chat_template_kwargs documents lora", "not supported") {
            $0.objectValue?.isEmpty == true || $0.arrayValue?.isEmpty == true
        }
        return rules
    }()

    /// Why a value of an inert field is more than a note; nil where it is one.
    static func excess(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): return text.utf8.count <= 512 ? nil : "\(text.utf8.count) bytes, expected at most 512"
        case .array: return "an array, expected one value"
        case .object(let object):
            guard object.count <= 16 else { return "\(object.count) entries, expected at most 16" }
            for member in object.members {
                let isShort = member.key.utf8.count <= 64 && (member.value.stringValue?.utf8.count ?? 0) <= 512
                let isNested = member.value.objectValue != nil || member.value.arrayValue != nil
                guard isShort, !isNested else {
                    return "an entry that is not short, expected keys of at most 64 bytes and texts of at most 512"
                }
            }
            return nil
        default: return nil
        }
    }
}
