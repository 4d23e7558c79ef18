import Adapters
import Architectures
import Checkpoints
import Tensors

/// A checkpoint's weights as the pass reads them: matrices in the file's own types, norms and biases as floats.
///
/// Fused matrices are taken apart into views of their rows, so that every layer has the same seven projections.
struct DecoderWeights: Sendable {
    /// `y[rows] = x[columns] · Wᵀ (+ bias)`
    struct Projection: Sendable {
        var matrix: FrozenMatrix
        var bias: [Float]?
        /// The file's name of the matrix whose first rows these are; nil for the further parts of a fused one, which
        /// sees each input once.
        var storedName: String?
    }

    struct Layer: Sendable {
        var query: Projection
        var key: Projection
        var value: Projection
        var attentionOutput: Projection
        var gate: Projection
        var up: Projection
        var down: Projection
        /// By the norm's role; those that the architecture has.
        var norms: [NormRole: [Float]]
    }

    var embedding: FrozenMatrix
    var layers: [Layer]
    var outputNorm: [Float]
    var output: FrozenMatrix

    init(_ checkpoint: Checkpoint) throws {
        let architecture = checkpoint.architecture
        embedding = try checkpoint.matrix(DecoderArchitecture.tokenEmbeddingName)
        outputNorm = try checkpoint.vector(DecoderArchitecture.outputNormName)
        output = try checkpoint.matrix(architecture.outputName)
        layers = try (0..<architecture.layerCount).map { layer in
            let parts = try DecoderWeights.projections(checkpoint, layer: layer)
            let norms = try architecture.layerNorms.map { norm in
                (norm.role, try checkpoint.vector(norm.role.weightName(layer: layer)))
            }
            guard let query = parts[.query], let key = parts[.key], let value = parts[.value],
                let attentionOutput = parts[.attentionOutput], let gate = parts[.gate], let up = parts[.up],
                let down = parts[.down]
            else { throw InferenceError("\(checkpoint.path): layer \(layer): a projection is missing, expected seven") }
            return Layer(
                query: query, key: key, value: value, attentionOutput: attentionOutput, gate: gate, up: up, down: down,
                norms: Dictionary(uniqueKeysWithValues: norms))
        }
    }

    private static func projections(_ checkpoint: Checkpoint, layer: Int) throws -> [MatrixRole: Projection] {
        var result: [MatrixRole: Projection] = [:]
        for matrix in checkpoint.architecture.layerMatrices {
            let weights = try checkpoint.matrix(matrix.role.weightName(layer: layer))
            let bias = matrix.hasBias ? try checkpoint.vector(matrix.role.biasName(layer: layer)) : nil
            for part in checkpoint.architecture.parts(of: matrix.role) {
                result[part.role] = Projection(
                    matrix: part.rows == 0..<weights.rows ? weights : try weights.slice(rows: part.rows),
                    bias: bias.map { Array($0[part.rows]) },
                    storedName: part.rows.lowerBound == 0 ? matrix.role.weightName(layer: layer) : nil)
            }
        }
        return result
    }
}

extension DecoderArchitecture {
    /// The projections that a stored matrix holds, each with its rows: one, or those of a fused matrix.
    func parts(of role: MatrixRole) -> [(role: MatrixRole, rows: Range<Int>)] {
        switch role {
        case .queryKeyValue:
            let keys = attention.queryWidth, values = keys + attention.keyValueWidth
            return [
                (.query, 0..<keys), (.key, keys..<values), (.value, values..<values + attention.keyValueWidth),
            ]
        case .up where feedForward.isFused:
            return [(.gate, 0..<feedForward.size), (.up, feedForward.size..<2 * feedForward.size)]
        default:
            let rows = layerMatrices.first { $0.role == role }?.rows ?? 0
            return [(role, 0..<rows)]
        }
    }
}
