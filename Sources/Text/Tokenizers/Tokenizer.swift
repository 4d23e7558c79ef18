public import GGUF

/// A model's tokenizer: text to token ids and back, to the last id as llama.cpp does it.
///
/// Made from a GGUF file's metadata. Where llama.cpp and the model's authors disagree (Unicode categories in some
/// pre-tokenizers), llama.cpp's ids are these, since it is what serves the model.
public struct Tokenizer: Sendable {
    enum Model: Sendable {
        case bytePair(BytePairModel)
        case sentencePiece(SentencePieceModel)
    }

    let vocabulary: Vocabulary
    let model: Model
    let special: SpecialTokens
    /// The special tokens that every text is searched for, and those that it is searched for on request.
    let alwaysParsed: SpecialTokenMatcher
    let parsedOnRequest: SpecialTokenMatcher
    /// For each token, whether it says something of a conversation rather than something in it: control tokens, and what
    /// ends a generation.
    let marks: [Bool]
    let addsSpacePrefix: Bool
    let cleansSpaces: Bool

    /// What the model's file leaves open, so that texts may be cut otherwise than when the model was trained; for whoever
    /// loads a model to print. Nothing where the file says all.
    public let warnings: [String]

    /// How many tokens there are; ids run from 0 to one less.
    public var vocabularySize: Int { vocabulary.count }
    public var beginningOfText: TokenID? { special.beginningOfText }
    public var endOfText: TokenID? { special.endOfText }
    public var unknown: TokenID? { special.unknown }
    public var padding: TokenID? { special.padding }
    /// Whether `addSpecial` puts ``beginningOfText`` before a text, or ``endOfText`` behind it.
    public let addsBeginningOfText: Bool
    public let addsEndOfText: Bool

    /// - Parameter metadata: the keys under `tokenizer.ggml.`
    /// - Throws: ``TokenizerError`` for a kind of tokenizer that is not supported, a pre-tokenizer that is not known or
    ///   keys that contradict each other; `GGUFError` for a key that is missing or of another type.
    public init(metadata: GGUFMetadata) throws {
        let kind = try metadata.string("tokenizer.ggml.model")
        guard kind == "llama" || kind == "gpt2" else { throw TokenizerError.unsupportedModel(kind) }
        var vocabulary = try Vocabulary(metadata: metadata)

        var addsBeginning = true
        let defaultSpacePrefix: Bool
        if kind == "llama" {
            model = .sentencePiece(SentencePieceModel(vocabulary: vocabulary))
            special = try SpecialTokens(
                metadata: metadata, vocabulary: &vocabulary,
                defaults: (beginningOfText: 1, endOfText: 2, unknown: 0))
            defaultSpacePrefix = true
            warnings = []
            cleansSpaces = false
        } else {
            let name = try metadata.optionalString("tokenizer.ggml.pre") ?? ""
            let preTokenizer = try PreTokenizer(named: name.isEmpty ? PreTokenizer.defaultName : name)
            let mergesKey = "tokenizer.ggml.merges"
            guard let merges = try metadata.value(mergesKey).array, merges.elementType == .string else {
                throw TokenizerError.invalidMetadata(key: mergesKey, problem: "expected an array of strings")
            }
            let bytePairs = BytePairModel(vocabulary: vocabulary, merges: merges, preTokenizer: preTokenizer)
            model = .bytePair(bytePairs)
            warnings = try Tokenizer.warnings(in: metadata) + Tokenizer.warnings(of: bytePairs, mergesKey)
            special = try SpecialTokens(
                metadata: metadata, vocabulary: &vocabulary,
                defaults: (
                    beginningOfText: preTokenizer.hasDefaultBeginningOfText ? 11 : nil, endOfText: 11, unknown: nil
                ))
            addsBeginning = preTokenizer.addsBeginningOfText
            defaultSpacePrefix = false
            cleansSpaces = preTokenizer.cleansSpaces
        }
        addsSpacePrefix = try metadata.optionalBoolean("tokenizer.ggml.add_space_prefix") ?? defaultSpacePrefix
        addsBeginningOfText = try metadata.optionalBoolean("tokenizer.ggml.add_bos_token") ?? addsBeginning
        addsEndOfText = try metadata.optionalBoolean("tokenizer.ggml.add_eos_token") ?? false
        for (adds, id, name) in [
            (addsBeginningOfText, special.beginningOfText, "bos"), (addsEndOfText, special.endOfText, "eos"),
        ] where adds && id == nil {
            throw TokenizerError.invalidMetadata(
                key: "tokenizer.ggml.add_\(name)_token", problem: "true, but tokenizer.ggml.\(name)_token_id is not set"
            )
        }

        alwaysParsed = SpecialTokenMatcher(
            vocabulary: Tokenizer.stripping(vocabulary, metadata), attributes: .special, excluding: .hidden)
        parsedOnRequest = SpecialTokenMatcher(
            vocabulary: Tokenizer.stripping(vocabulary, metadata), attributes: .special)
        let ends = special.endOfGeneration
        marks = vocabulary.attributes.indices.map {
            !vocabulary.attributes[$0].isDisjoint(with: .hidden) || ends.contains(TokenID($0))
        }
        self.vocabulary = vocabulary
    }

    /// ``warnings``, read from the metadata alone: for whoever does not tokenize.
    public static func warnings(in metadata: GGUFMetadata) throws -> [String] {
        guard try metadata.optionalString("tokenizer.ggml.model") == "gpt2",
            try metadata.optionalString("tokenizer.ggml.pre") ?? "" == ""
        else { return [] }
        return [
            "tokenizer.ggml.pre: missing: texts are cut by the pre-tokenizer '\(PreTokenizer.defaultName)', which may "
                + "not be the model's own; convert the model anew"
        ]
    }

    private static func warnings(of model: BytePairModel, _ key: String) -> [String] {
        var warnings: [String] = []
        if model.unreadableMergeCount > 0 {
            warnings.append("\(key): \(model.unreadableMergeCount) are no pair of symbols; convert the model anew")
        }
        if model.unreachableCount > 0 {
            warnings.append(
                "\(key): none makes \(model.unreachableCount) of the vocabulary's tokens, so texts are cut otherwise than "
                    + "when the model was trained; convert the model anew")
        }
        return warnings
    }

    /// The vocabulary with the attributes that no file has, and that the reference knows by the model's name: which
    /// special tokens swallow the white space next to them.
    private static func stripping(_ vocabulary: Vocabulary, _ metadata: GGUFMetadata) -> Vocabulary {
        var vocabulary = vocabulary
        func set(_ attribute: TokenAttributes, _ text: String, _ isSet: Bool = true) {
            guard let id = vocabulary.id(of: text).map(Int.init) else { return }
            if isSet {
                vocabulary.attributes[id].insert(attribute)
            } else {
                vocabulary.attributes[id].remove(attribute)
            }
        }
        func contains(_ key: String, _ parts: String...) -> Bool {
            let value = metadata[key]?.string?.lowercased() ?? ""
            return parts.contains { value.contains($0) }
        }
        if contains("tokenizer.ggml.pre", "jina-v2-de", "jina-v2-es", "jina-v2-code") {
            set(.stripsLeft, "<mask>")
        } else if contains("general.name", "phi-3", "phi3") {
            for id in 0..<vocabulary.count where !vocabulary.attributes[id].isDisjoint(with: .special) {
                vocabulary.attributes[id].insert(.stripsRight)
            }
            set(.stripsRight, "</s>")
            for text in ["<unk>", "<s>", "<|endoftext|>"] { set(.stripsRight, text, false) }
        } else if contains("general.name", "modern-bert") {
            set(.stripsLeft, "[MASK]")
        }
        return vocabulary
    }

    /// Whether a model that makes this token has said all it had to say.
    public func isEndOfGeneration(_ id: TokenID) -> Bool { special.endOfGeneration.contains(id) }

    /// The token with exactly this text, as the file writes it (`▁the`, `Ġthe`, `<|im_end|>`).
    public func id(ofPiece text: String) -> TokenID? { vocabulary.id(of: text) }
}
