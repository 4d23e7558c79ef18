import Architectures
import Checkpoints
import Tensors

/// The rotary tables of a model's layers, each made when it is first asked for.
final class RotaryTables {
    /// By embedding and whether the sequence is a long one; each grows when a longer path comes.
    private var tables: [Key: RotaryTable] = [:]

    private struct Key: Hashable {
        var rope: RotaryEmbedding
        var isLong: Bool
    }

    func table(_ rope: RotaryEmbedding, longestPath: Int) -> RotaryTable {
        let key = Key(rope: rope, isLong: rope.isLong(longestPath))
        if let known = tables[key], known.positions >= longestPath { return known }
        let table = rope.table(positions: (longestPath + 255) / 256 * 256, sequenceLength: longestPath)
        tables[key] = table
        return table
    }
}
