/// Whose prompt it is that an engine computes. Keys and values of a prompt are used again only for prompts of its owner,
/// so that neither counts nor times tell one owner what another asked.
public struct PromptOwner: Sendable, Hashable {
    private let client: String?
    private let salt: String?

    /// - Parameters:
    ///   - client: who asks.
    ///   - salt: what else is to keep prompts apart.
    /// - Returns: nil where there is neither: for all who are not told apart.
    public init?(client: String?, salt: String?) {
        guard client != nil || salt != nil else { return nil }
        self.client = client
        self.salt = salt
    }
}
