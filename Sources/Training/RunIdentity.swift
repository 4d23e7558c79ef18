import Conversations
public import Storage

/// What a run is made of: a snapshot belongs to one, and to no other.
public struct RunIdentity: Sendable, Hashable {
    public var base: ContentDigest
    public var dataset: ContentDigest
    public var validation: ContentDigest?
    public var recipe: ContentDigest
    /// The adapter that the run begins from.
    public var initialAdapter: ContentDigest?
    /// Whether the run's random order and its kernels are those of this version.
    public var instructionSet: String

    public init(
        base: ContentDigest, dataset: ContentDigest, validation: ContentDigest?, recipe: ContentDigest,
        initialAdapter: ContentDigest? = nil, instructionSet: String
    ) {
        self.base = base
        self.dataset = dataset
        self.validation = validation
        self.recipe = recipe
        self.initialAdapter = initialAdapter
        self.instructionSet = instructionSet
    }

    var fields: [(name: String, value: String)] {
        [
            ("base", base.description), ("dataset", dataset.description),
            ("validation", validation?.description ?? "none"), ("recipe", recipe.description),
            ("initial_adapter", initialAdapter?.description ?? "none"), ("instruction_set", instructionSet),
        ]
    }
}
