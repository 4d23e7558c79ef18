/// What a registry version serves.
public enum ArtifactKind: String, Sendable, Hashable, CaseIterable {
    /// A low-rank adapter that needs its base beside it.
    case adapter
    /// A whole model into which an adapter was merged.
    case merged
    /// A model as it was downloaded.
    case base
}
