import Storage

/// Refuses to start where the process may open too few files.
///
/// Without descriptors it is not only our own reading that fails, as an error: threads and event loops need some
/// of their own and trap where there are none. What is said before anything is begun is better than that. (With fewer than
/// seven, Dispatch can trap before ``failure()`` runs.)
enum DescriptorLimit {
    /// So many that every stage comes as far as its own errors, and that the server listens.
    static let needed = 24

    /// What is wrong where fewer than ``needed`` descriptors are free; nil where there are enough.
    static func failure() -> StageFailure? {
        guard let allowed = FreeDescriptors.allowed, let free = FreeDescriptors.count(upTo: needed), free < needed
        else {
            return nil
        }
        return StageFailure(
            .badInput,
            "open files: the process may open \(free) more (limit: \(allowed)), expected room for at least \(needed)",
            hint: "raise the limit: ulimit -n 1024 in a shell, LimitNOFILE= in a unit")
    }
}
