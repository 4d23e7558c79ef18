public import Architectures
import Checkpoints

/// The floating-point operations of a pass, by arithmetic: those that training needs, not those that are done twice to
/// save memory. A multiplication and an addition count as two.
public struct PassWork: Sendable {
    private let forwardToken: Double
    private let backwardToken: Double
    private let row: Double
    private let pair: Double

    /// - Parameter adapter: what is trained; nil for the base alone.
    public init(_ architecture: DecoderArchitecture, adapter: TrainableAdapter?) {
        let matrices = architecture.layerMatrices
        let layer = matrices.reduce(0.0) { $0 + 2 * Double($1.rows) * Double($1.columns) }
        let frozen = layer * Double(architecture.layerCount)
        // Nothing below the first layer wants a gradient: its first products have none to pass on.
        let first = matrices.filter { [.query, .key, .value, .queryKeyValue].contains($0.role) }
            .reduce(0.0) { $0 + 2 * Double($1.rows) * Double($1.columns) }
        let updates = adapter?.updateSize ?? 0
        forwardToken = frozen + 2 * updates
        backwardToken = frozen - first + 4 * updates
        row = 2 * Double(architecture.hiddenSize) * Double(architecture.vocabularySize)
        let attention = architecture.attention
        // Scores and weighted values; sliding windows count as if they saw everything.
        pair = 4 * Double(attention.headSize * attention.headCount * architecture.layerCount)
    }

    /// Values and losses.
    public func forward(_ size: PassSize) -> Double {
        Double(size.tokens) * forwardToken + Double(size.rows) * row + Double(size.pairs) * pair
    }

    /// Values, losses and gradients.
    public func training(_ size: PassSize) -> Double {
        forward(size) + Double(size.tokens) * backwardToken + Double(size.rows) * row + 2 * Double(size.pairs) * pair
    }
}
