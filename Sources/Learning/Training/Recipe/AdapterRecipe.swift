import Architectures
public import JSON
public import PlainText
public import Storage

/// How an adapter is trained: `adapter.yaml`, written by a person, read strictly.
///
/// `Documentation/Formats/AdapterRecipe.md` describes the keys.
public struct AdapterRecipe: Sendable, Hashable {
    /// The arithmetic of a training pass's products with frozen weights; `auto` is the fastest that the CPU has.
    public enum Precision: String, Sendable, Hashable, CaseIterable {
        case fp32, bf16, auto
    }

    /// What a run learns from.
    public enum Loss: String, Sendable, Hashable, CaseIterable {
        /// Answers, token by token.
        case crossEntropy = "cross_entropy"
        /// Pairs of answers, one better than the other.
        case dpo
    }

    /// What becomes of examples that are longer than ``maximumLength``.
    public enum TooLong: String, Sendable, Hashable, CaseIterable {
        case drop, truncate, error
    }

    /// Following a teacher's stored log-probabilities, mixed with cross-entropy.
    public struct Distillation: Sendable, Hashable {
        /// The part of a token's loss that is the divergence from the teacher.
        public var weight = 0.5
        public var temperature = 1.0

        public init() {}
    }

    /// Of `loss: dpo`.
    public struct Preference: Sendable, Hashable {
        public var beta = 0.1
        /// How often a pair is taken to be the wrong way round.
        public var labelSmoothing = 0.0
        /// What the mean cross-entropy of the chosen answers counts beside the preference.
        public var supervisedWeight = 0.0

        public init() {}
    }

    /// Ending a run whose validations no longer get better.
    public struct EarlyStopping: Sendable, Hashable {
        public enum Criterion: String, Sendable, Hashable, CaseIterable {
            case agreement, loss
        }

        /// So many validations in a row without a better one end the run.
        public var patience: Int
        public var criterion = Criterion.agreement

        public init(patience: Int, criterion: Criterion = .agreement) {
            self.patience = patience
            self.criterion = criterion
        }
    }

    /// What is trained.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        /// Updates of low rank beside a frozen base.
        case lora
        /// Every weight of the base.
        case full
    }

    public var method = Method.lora
    /// The inner size of an update.
    public var rank = 16
    /// An update is scaled by alpha / rank.
    public var alpha: Float = 32
    /// Other ranks and alphas of some matrices; of several patterns that match, the first counts.
    public var rankPattern: [PatternValue] = []
    public var alphaPattern: [PatternValue] = []
    /// Whether updates are scaled by alpha / √rank instead (rank-stabilized LoRA, Kalajdzievski, 2023).
    public var isRankStabilized = false
    /// The part of an update's inputs that a step leaves out.
    public var dropout = 0.0
    /// How much faster B learns than A (LoRA+, Hayou et al., 2024).
    public var loraPlusRatio = 1.0
    /// The matrices to change; nil for all that the architecture has.
    public var targets: [MatrixPattern]?
    public var loss = Loss.crossEntropy
    /// nil where a teacher's log-probabilities are not used.
    public var distillation: Distillation?
    public var preference = Preference()
    /// Passes over the data.
    public var epochs = 3
    /// Examples a step.
    public var batchSize = 16
    /// The most tokens in one micro-batch; a step is split into as many as it needs.
    public var tokensPerMicroBatch = 4096
    /// The longest example, tokens; nil for the model's own context.
    public var maximumLength: Int?
    public var tooLong = TooLong.drop
    /// The peak of the schedule.
    public var learningRate = 2e-4
    /// The part of all steps over which the rate rises from 0.
    public var warmup = 0.05
    /// The part of the peak at which the cosine ends.
    public var finalRate = 0.1
    /// Of AdamW, decoupled.
    public var weightDecay = 0.01
    /// The largest norm of a step's gradient; longer ones are shortened to it.
    public var clip = 1.0
    public var seed: UInt64 = 1
    /// What a chat template that prints the date is told; nil for the day on which the run begins.
    public var date: LocalTime?
    public var precision = Precision.fp32
    /// Whether the best state on the validation split is kept rather than the last.
    public var keepsBest = true
    /// Steps between two validations; nil for one an epoch.
    public var validationInterval: Int?
    /// When a run ends before its last step; nil for never.
    public var earlyStopping: EarlyStopping?
    /// Steps between two snapshots; nil for one an epoch.
    public var snapshotInterval: Int?
    /// The longest time between two snapshots.
    public var snapshotMinutes = 1.0

    public init() {}

    /// Reads a recipe.
    ///
    /// - Throws: `ConfigurationError` with every problem of the file; `StorageError` if it cannot be read.
    public init(path: String) throws { try self.init(file: ConfigurationFile(path: path)) }

    /// - Parameter path: what messages call the text.
    public init(text: String, path: String) throws { try self.init(file: ConfigurationFile(text: text, path: path)) }

    /// The JSON Schema of `adapter.yaml`.
    public static func schema() throws -> JSONValue {
        try ConfigurationFile.schema(title: "adapter.yaml") { _ = try AdapterRecipe(file: $0) }
    }

    private init(file: ConfigurationFile) throws {
        let root = file.root
        rank = root.integer("rank", default: rank, in: 1...4096)
        alpha = Float(root.number("alpha", default: Double(alpha), in: 1e-3...1e6))
        method = root.choice("method", default: method)
        targets = AdapterRecipe.targets(root)
        rankPattern = AdapterRecipe.pattern(root, "rank_pattern", in: 1...4096, isWhole: true)
        alphaPattern = AdapterRecipe.pattern(root, "alpha_pattern", in: 1e-3...1e6, isWhole: false)
        isRankStabilized = root.boolean("rslora", default: isRankStabilized)
        dropout = root.number("dropout", default: dropout, in: 0...0.95)
        loraPlusRatio = root.number("lora_plus_ratio", default: loraPlusRatio, in: 1e-3...1e4)
        if method == .full {
            for key in AdapterRecipe.updateKeys where root.has(key) {
                root.report(key, found: "with method: full", expected: "method: lora, or no such key")
            }
        }
        loss = root.choice("loss", default: loss)
        distillation = AdapterRecipe.distillation(root)
        preference = AdapterRecipe.preference(root)
        if loss == .dpo, distillation != nil {
            root.report("distillation", found: "with loss: dpo", expected: "one of the two")
        }
        if loss != .dpo, root.has("dpo") { root.report("dpo", found: "with another loss", expected: "loss: dpo") }
        epochs = root.integer("epochs", default: epochs, in: 1...10_000)
        batchSize = root.integer("batch_size", default: batchSize, in: 1...65_536)
        tokensPerMicroBatch = root.integer("tokens_per_micro_batch", default: tokensPerMicroBatch, in: 1...1 << 24)
        if root.has("maximum_length") { maximumLength = root.integer("maximum_length", in: 2...1 << 24) }
        tooLong = root.choice("too_long", default: tooLong)
        learningRate = root.number("learning_rate", default: learningRate, in: 0...1)
        warmup = root.number("warmup", default: warmup, in: 0...1)
        finalRate = root.number("final_rate", default: finalRate, in: 0...1)
        weightDecay = root.number("weight_decay", default: weightDecay, in: 0...1)
        clip = root.number("clip", default: clip, in: 1e-6...1e9)
        seed = UInt64(root.integer("seed", default: Int(seed), in: 0...Int.max))
        precision = root.choice("precision", default: precision)
        date = AdapterRecipe.date(root)
        let validation = root.section("validation", isRequired: false)
        keepsBest = validation.boolean("keep_best", default: keepsBest)
        if validation.has("every_steps") {
            validationInterval = validation.integer("every_steps", in: 1...1 << 30)
        }
        let snapshot = root.section("snapshot", isRequired: false)
        if snapshot.has("every_steps") { snapshotInterval = snapshot.integer("every_steps", in: 1...1 << 30) }
        if snapshot.has("every_minutes") {
            snapshotMinutes = snapshot.number("every_minutes", in: 0.01...1440)
        }
        if root.has("early_stopping") {
            let rule = root.section("early_stopping")
            earlyStopping = EarlyStopping(
                patience: rule.integer("patience", in: 1...1 << 20), criterion: rule.choice("by", default: .agreement))
        }
        try file.finish()
    }

    private static func date(_ root: ConfigurationSection) -> LocalTime? {
        guard root.has("date") else { return nil }
        let text = root.string("date")
        let date = LocalTime(text)
        if date == nil { root.report("date", found: "'\(text)'", expected: LocalTime.forms) }
        return date
    }

    private static func distillation(_ root: ConfigurationSection) -> Distillation? {
        guard root.has("distillation") else { return nil }
        let section = root.section("distillation")
        var result = Distillation()
        result.weight = section.number("weight", default: result.weight, in: 0...1)
        result.temperature = section.number("temperature", default: result.temperature, in: 0.1...100)
        return result
    }

    private static func preference(_ root: ConfigurationSection) -> Preference {
        let section = root.section("dpo", isRequired: false)
        var result = Preference()
        result.beta = section.number("beta", default: result.beta, in: 1e-6...1000)
        result.labelSmoothing = section.number("label_smoothing", default: result.labelSmoothing, in: 0...0.5)
        result.supervisedWeight = section.number("sft_weight", default: result.supervisedWeight, in: 0...1000)
        return result
    }

    /// The keys that say something of updates alone.
    private static let updateKeys = [
        "rank", "alpha", "targets", "rank_pattern", "alpha_pattern", "rslora", "dropout", "lora_plus_ratio",
    ]
    /// What other tools call the matrices.
    private static let otherNames: [String: MatrixRole] = [
        "q_proj": .query, "k_proj": .key, "v_proj": .value, "qkv_proj": .queryKeyValue, "o_proj": .attentionOutput,
        "gate_proj": .gate, "up_proj": .up, "down_proj": .down, "gate_up_proj": .up,
    ]

    private static func targets(_ root: ConfigurationSection) -> [MatrixPattern]? {
        let words = root.strings("targets", default: ["all"])
        guard words != ["all"] else { return nil }
        var targets: [MatrixPattern] = []
        for word in words {
            guard let target = matrixPattern(word, root, "targets", "'all', or some of") else { continue }
            if !targets.contains(target) { targets.append(target) }
        }
        if words.isEmpty { root.report("targets", found: "an empty list", expected: "at least one") }
        return targets
    }

    /// A pattern; a plain name must be one that some architecture has, whatever the base is.
    private static func matrixPattern(
        _ word: String, _ section: ConfigurationSection, _ key: String, _ some: String
    ) -> MatrixPattern? {
        let allowed = MatrixRole.allCases.map(\.rawValue)
        let last = String(word.split(separator: ".").last ?? "")
        if let pattern = MatrixPattern(word) {
            if !pattern.isPlain || allowed.contains(last) { return pattern }
        }
        let guess = otherNames[last]?.rawValue ?? Spelling.nearest(to: last, among: allowed)
        section.report(
            key, found: "'\(word)'\(guess.map { " (did you mean '\($0)'?)" } ?? "")",
            expected: "\(some) \(allowed.joined(separator: ", ")), or a pattern such as blk.[0-3].ffn_*")
        return nil
    }

    private static func pattern(
        _ root: ConfigurationSection, _ key: String, in range: ClosedRange<Double>, isWhole: Bool
    ) -> [PatternValue] {
        guard root.has(key) else { return [] }
        let section = root.section(key)
        return section.keys.compactMap { word in
            let value =
                isWhole
                ? Double(section.integer(word, in: Int(range.lowerBound)...Int(range.upperBound)))
                : section.number(word, in: range)
            return matrixPattern(word, section, word, "some of").map { PatternValue($0, value) }
        }
    }

    /// The recipe as JSON, every key with its value: what a report and a fingerprint keep.
    public var json: JSONValue {
        .object(
            JSONObject([
                (key: "method", value: .string(method.rawValue)),
                (key: "rank", value: .integer(rank)),
                (key: "alpha", value: .number(Double(alpha))),
                (
                    key: "targets",
                    value: targets.map { .array($0.map { .string($0.description) }) } ?? .string("all")
                ),
                (key: "rank_pattern", value: AdapterRecipe.list(rankPattern)),
                (key: "alpha_pattern", value: AdapterRecipe.list(alphaPattern)),
                (key: "rslora", value: .bool(isRankStabilized)),
                (key: "dropout", value: .number(dropout)),
                (key: "lora_plus_ratio", value: .number(loraPlusRatio)),
                (key: "loss", value: .string(loss.rawValue)),
                (
                    key: "distillation",
                    value: distillation.map {
                        ["weight": .number($0.weight), "temperature": .number($0.temperature)]
                    } ?? .null
                ),
                (
                    key: "dpo",
                    value: loss == .dpo
                        ? [
                            "beta": .number(preference.beta), "label_smoothing": .number(preference.labelSmoothing),
                            "sft_weight": .number(preference.supervisedWeight),
                        ] : .null
                ),
                (key: "epochs", value: .integer(epochs)),
                (key: "batch_size", value: .integer(batchSize)),
                (key: "tokens_per_micro_batch", value: .integer(tokensPerMicroBatch)),
                (key: "maximum_length", value: maximumLength.map { .integer($0) } ?? .null),
                (key: "too_long", value: .string(tooLong.rawValue)),
                (key: "learning_rate", value: .number(learningRate)),
                (key: "warmup", value: .number(warmup)),
                (key: "final_rate", value: .number(finalRate)),
                (key: "weight_decay", value: .number(weightDecay)),
                (key: "clip", value: .number(clip)),
                (key: "seed", value: .integer(Int(seed))),
                (key: "date", value: date.map { .string($0.description) } ?? .null),
                (key: "precision", value: .string(precision.rawValue)),
                (key: "validation", value: AdapterRecipe.validation(validationInterval, keepsBest: keepsBest)),
                (
                    key: "early_stopping",
                    value: earlyStopping.map {
                        ["patience": .integer($0.patience), "by": .string($0.criterion.rawValue)]
                    } ?? .null
                ),
                (
                    key: "snapshot",
                    value: [
                        "every_steps": snapshotInterval.map { .integer($0) } ?? .null,
                        "every_minutes": .number(snapshotMinutes),
                    ]
                ),
            ]))
    }

    /// A list, since the order of patterns has a meaning.
    private static func list(_ entries: [PatternValue]) -> JSONValue {
        .array(entries.map { [.string($0.pattern.description), .number($0.value)] })
    }

    private static func validation(_ steps: Int?, keepsBest: Bool) -> JSONValue {
        ["every_steps": steps.map { .integer($0) } ?? .null, "keep_best": .bool(keepsBest)]
    }

    /// The digest of what the recipe says, however it is written.
    public var digest: ContentDigest { ContentDigest(of: json.serialized(.canonical)) }
}
