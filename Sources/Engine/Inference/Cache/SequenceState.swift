import Architectures
import Checkpoints
import Tokenizers

/// The tokens of one sequence so far and where their keys and values lie.
struct SequenceState: Sendable {
    private(set) var tokens: [TokenID] = []
    private(set) var pieces: [KeyValuePiece] = []
    /// The most tokens that the sequence may have.
    let capacity: Int
    /// What new tokens are written to, and how much of it is used.
    private var block: KeyValueBlock?
    private var used = 0

    /// - Parameter prefix: keys and values of the first tokens, computed before.
    init(capacity: Int, prefix: [KeyValuePiece] = [], tokens: ArraySlice<TokenID> = []) {
        self.capacity = capacity
        pieces = prefix
        self.tokens = Array(tokens)
    }

    /// Room for `count` further tokens in one block.
    mutating func reserve(_ count: Int, architecture: DecoderArchitecture) -> (block: KeyValueBlock, offset: Int) {
        if let block, block.capacity - used >= count { return (block, used) }
        // A block for a long prompt is as long as the prompt; short ones leave room for what is generated next.
        let size = max(count, min(256, capacity - tokens.count))
        let fresh = KeyValueBlock(
            capacity: size, width: architecture.attention.keyValueWidth, layerCount: architecture.layerCount)
        block = fresh
        used = 0
        return (fresh, 0)
    }

    /// Takes over tokens whose keys and values were written to the reserved room.
    mutating func take(_ new: some Collection<TokenID>) {
        guard let block else { return }
        pieces.extend(by: KeyValuePiece(block: block, offset: used, count: new.count))
        used += new.count
        tokens.append(contentsOf: new)
    }
}
