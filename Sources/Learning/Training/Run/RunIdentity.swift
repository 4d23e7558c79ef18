public import PlainText
public import Storage

/// What a run is made of: a snapshot belongs to one, and to no other.
public struct RunIdentity: Sendable, Hashable {
    public var base: ContentDigest
    public var dataset: ContentDigest
    public var validation: ContentDigest?
    public var recipe: ContentDigest
    /// The adapter that the run begins from.
    public var initialAdapter: ContentDigest?
    /// The date that the prompts print, where the template prints one.
    public var date: LocalTime?
    /// The arithmetic that the recipe's `auto` or its own word amounts to.
    public var precision: String
    /// Of all kernels: the last bits of every step depend on it.
    public var instructionSet: String

    public init(
        base: ContentDigest, dataset: ContentDigest, validation: ContentDigest?, recipe: ContentDigest,
        initialAdapter: ContentDigest? = nil, date: LocalTime? = nil, precision: String, instructionSet: String
    ) {
        self.base = base
        self.dataset = dataset
        self.validation = validation
        self.recipe = recipe
        self.initialAdapter = initialAdapter
        self.date = date
        self.precision = precision
        self.instructionSet = instructionSet
    }

    var fields: [(name: String, value: String)] {
        [
            ("base", base.description), ("dataset", dataset.description),
            ("validation", validation?.description ?? "none"), ("recipe", recipe.description),
            ("initial_adapter", initialAdapter?.description ?? "none"), ("date", date?.description ?? "none"),
            ("precision", precision), ("instruction_set", instructionSet),
        ]
    }
}
