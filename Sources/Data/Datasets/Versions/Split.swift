/// One of the parts of a dataset version.
public enum Split: String, Sendable, Hashable, CaseIterable {
    case train
    case validation
    case test

    public var fileName: String { "\(rawValue).jsonl" }
}
