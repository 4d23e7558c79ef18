public import GGUF
public import JSON
public import PlainText
public import Storage

/// Where an adapter came from, as its file tells it.
///
/// Nothing in it may depend on when, where or with how many threads a run was made: the same run gives the same file.
public struct AdapterLineage: Sendable, Hashable {
    /// The base's file name without its folder.
    public var baseName: String
    public var datasetName: String
    public var datasetDigest: ContentDigest
    /// The adapter that the run began from.
    public var initialAdapter: ContentDigest?
    /// The recipe with every key.
    public var recipe: JSONValue
    /// The step whose weights these are, and how many the run had.
    public var step: Int
    public var totalSteps: Int
    /// The digest of the chat template's text, which the base's own file or a choice named.
    public var templateDigest: ContentDigest?
    /// The template, where it is not the base's own.
    public var chosenTemplate: ChosenTemplate?
    /// The date that the prompts printed, where the template prints one.
    public var date: LocalTime?
    /// The arithmetic: `fp32` or `bf16`.
    public var precision: String
    /// The instruction sets of the kernels, on which the last bits depend.
    public var instructionSet: String
    /// The version of Retort.
    public var version: String

    /// A chat template that a user named.
    public struct ChosenTemplate: Sendable, Hashable {
        /// A built-in one's name, or a file's without its folder.
        public var name: String
        public var source: String

        public init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    public init(
        baseName: String, datasetName: String, datasetDigest: ContentDigest,
        initialAdapter: ContentDigest? = nil, recipe: JSONValue, step: Int, totalSteps: Int,
        templateDigest: ContentDigest? = nil, chosenTemplate: ChosenTemplate? = nil, date: LocalTime? = nil,
        precision: String, instructionSet: String, version: String
    ) {
        self.baseName = baseName
        self.datasetName = datasetName
        self.datasetDigest = datasetDigest
        self.initialAdapter = initialAdapter
        self.recipe = recipe
        self.step = step
        self.totalSteps = totalSteps
        self.templateDigest = templateDigest
        self.chosenTemplate = chosenTemplate
        self.date = date
        self.precision = precision
        self.instructionSet = instructionSet
        self.version = version
    }
}

extension LowRankAdapter {
    /// The metadata keys of the chat template that an adapter was trained with.
    public static let templateDigestKey = "retort.template.digest"
    public static let templateNameKey = "retort.template.name"
    /// The metadata key of the template itself, the one that models have.
    public static let templateKey = "tokenizer.chat_template"

    /// The digest of the chat template that the adapter was trained with, where it says.
    public var templateDigest: ContentDigest? {
        get throws {
            guard let text = try metadata.optionalString(LowRankAdapter.templateDigestKey) else { return nil }
            guard let digest = ContentDigest(text) else {
                throw AdapterError(
                    "\(LowRankAdapter.templateDigestKey): '\(text)', expected sha256: and 64 hexadecimal digits")
            }
            return digest
        }
    }
}

extension GGUFMetadata {
    /// Writes a lineage: the field's own keys where there are any, `retort.` keys for the rest.
    public mutating func describe(_ lineage: AdapterLineage) {
        set("general.base_model.count", .uint32(1))
        set("general.base_model.0.name", lineage.baseName)
        set("general.dataset.count", .uint32(1))
        set("general.dataset.0.name", lineage.datasetName)
        set("retort.dataset.digest", lineage.datasetDigest.description)
        if let initial = lineage.initialAdapter { set("retort.initial_adapter.digest", initial.description) }
        set("retort.recipe", lineage.recipe.serialized(.canonical))
        set("retort.step", .uint64(UInt64(lineage.step)))
        set("retort.total_steps", .uint64(UInt64(lineage.totalSteps)))
        if let digest = lineage.templateDigest { set(LowRankAdapter.templateDigestKey, digest.description) }
        if let chosen = lineage.chosenTemplate {
            set(LowRankAdapter.templateNameKey, chosen.name)
            set(LowRankAdapter.templateKey, chosen.source)
        }
        if let date = lineage.date { set("retort.template.date", date.description) }
        set("retort.precision", lineage.precision)
        set("retort.instruction_set", lineage.instructionSet)
        set("retort.version", lineage.version)
    }
}

extension LowRankAdapter {
    /// Writes a lineage into the metadata.
    public mutating func describe(_ lineage: AdapterLineage) { metadata.describe(lineage) }
}
