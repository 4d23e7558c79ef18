import GGUF

/// The tokens with a part to play, as the reference finds them: by metadata key, or else by their text.
///
/// Finding one by its text also makes it a control token, whatever its type in the file (many files get that wrong).
struct SpecialTokens: Sendable {
    private(set) var beginningOfText: TokenID?
    private(set) var endOfText: TokenID?
    private(set) var unknown: TokenID?
    private(set) var padding: TokenID?
    /// The tokens that end a generation: end of text, end of turn and their kin.
    private(set) var endOfGeneration: Set<TokenID> = []

    /// What ends a turn, in the order in which it is taken where there are several.
    private static let endOfTurnTexts = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>",
        "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ]

    /// What ends a generation, all of them.
    private static let endOfGenerationTexts = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
        "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>",
        "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
    ]

    /// Tokens of fill-in-the-middle: keys, texts, and whether the token ends a generation.
    private static let fillInTheMiddle: [(keys: [String], texts: [String], ends: Bool)] = [
        (
            ["fim_pre_token_id", "prefix_token_id"],
            [
                "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
                "<|code_prefix|>", "<|prefix|>",
            ], false
        ),
        (
            ["fim_suf_token_id", "suffix_token_id"],
            [
                "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
                "<|code_suffix|>", "<|suffix|>",
            ], false
        ),
        (
            ["fim_mid_token_id", "middle_token_id"],
            [
                "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
                "<|code_middle|>", "<|middle|>",
            ], false
        ),
        (["fim_pad_token_id"], ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"], true),
        (
            ["fim_rep_token_id"], ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"], true
        ),
        (["fim_sep_token_id"], ["<|file_sep|>"], true),
    ]

    /// - Parameter defaults: the ids that a kind of tokenizer has where its file says nothing.
    init(
        metadata: GGUFMetadata, vocabulary: inout Vocabulary,
        defaults: (beginningOfText: TokenID?, endOfText: TokenID?, unknown: TokenID?)
    ) throws {
        let count = vocabulary.count
        // An id outside the vocabulary is as good as none, in a default and in the file.
        func read(_ keys: String..., default value: TokenID? = nil) throws -> TokenID? {
            var id = value.flatMap { $0 < count ? $0 : nil }
            for key in keys {
                if let found = try metadata.optionalInteger("tokenizer.ggml.\(key)"), (0..<count).contains(found) {
                    id = TokenID(found)
                }
            }
            return id
        }
        beginningOfText = try read("bos_token_id", default: defaults.beginningOfText)
        endOfText = try read("eos_token_id", default: defaults.endOfText)
        unknown = try read("unknown_token_id", default: defaults.unknown)
        padding = try read("padding_token_id")

        func find(_ texts: [String]) -> TokenID? {
            guard let id = texts.compactMap({ vocabulary.id(of: $0) }).first else { return nil }
            vocabulary.attributes[Int(id)].insert(.control)
            return id
        }
        let endOfTurn = try read("eot_token_id") ?? find(SpecialTokens.endOfTurnTexts)
        let endOfMessage = try read("eom_token_id") ?? find(["<|eom_id|>"])
        for (keys, texts, ends) in SpecialTokens.fillInTheMiddle {
            var id: TokenID?
            for key in keys { id = try read(key) ?? id }
            if let id = id ?? find(texts), ends { endOfGeneration.insert(id) }
        }
        for text in SpecialTokens.endOfGenerationTexts {
            if let id = find([text]) { endOfGeneration.insert(id) }
        }
        // Harmony's marks within a message are always shown.
        for text in ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"] {
            if let id = vocabulary.id(of: text) { vocabulary.attributes[Int(id)] = .userDefined }
        }
        endOfGeneration.formUnion([endOfText, endOfTurn, endOfMessage].compactMap { $0 })
        excludeFalseEnds(&vocabulary)
    }

    /// `<|end|>` ends only a message where other tokens end the turn (o200k_harmony, solar-open); `</s>` is plain text
    /// where a tool's response ends the turn.
    private mutating func excludeFalseEnds(_ vocabulary: inout Vocabulary) {
        func ends(_ text: String) -> TokenID? {
            vocabulary.id(of: text).flatMap { endOfGeneration.contains($0) ? $0 : nil }
        }
        let hasCall = ends("<|call|>") != nil || ends("<|calls|>") != nil
        if hasCall, ends("<|return|>") != nil || ends("<|flush|>") != nil, let end = ends("<|end|>") {
            endOfGeneration.remove(end)
            vocabulary.attributes[Int(end)] = .userDefined
        }
        if ends("<|tool_response>") != nil || ends("<|plamo:eos|>") != nil, let end = ends("</s>") {
            endOfGeneration.remove(end)
            vocabulary.attributes[Int(end)] = .normal
        }
    }
}
