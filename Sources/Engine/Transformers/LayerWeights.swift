import Architectures
import Autograd
import Checkpoints
import Tensors

/// Where a pass finds its weights: in the file, or where they are trained.
struct WeightSource {
    private let checkpoint: Checkpoint
    private let weights: TrainableWeights?

    init(_ checkpoint: Checkpoint, _ weights: TrainableWeights?) {
        self.checkpoint = checkpoint
        self.weights = weights
    }

    func matrix(_ name: String) throws -> FrozenMatrix { try weights?.matrix(name) ?? checkpoint.matrix(name) }
    func vector(_ name: String) throws -> WeightVector {
        try weights?.vector(name) ?? .frozen(checkpoint.vector(name))
    }
    func weight(_ name: String) -> TrainedWeight? { weights?.weight(name) }
}

/// The weights of one layer.
struct LayerWeights {
    let index: Int
    let norms: [NormRole: WeightVector]
    private let matrices: [MatrixRole: Matrix]

    private struct Matrix {
        var numbers: FrozenMatrix
        var weight: TrainedWeight?
        var bias: WeightVector?
    }

    init(_ architecture: DecoderArchitecture, _ source: WeightSource, layer: Int) throws {
        var matrices: [MatrixRole: Matrix] = [:]
        for matrix in architecture.layerMatrices {
            let name = matrix.role.weightName(layer: layer)
            matrices[matrix.role] = Matrix(
                numbers: try source.matrix(name), weight: source.weight(name),
                bias: matrix.hasBias ? try source.vector(matrix.role.biasName(layer: layer)) : nil)
        }
        var norms: [NormRole: WeightVector] = [:]
        for norm in architecture.layerNorms {
            norms[norm.role] = try source.vector(norm.role.weightName(layer: layer))
        }
        index = layer
        self.matrices = matrices
        self.norms = norms
    }

    /// Matrices that read the same input, with an adapter's updates.
    func group(_ roles: [MatrixRole], _ adapter: TrainableAdapter?) -> LinearGroup {
        LinearGroup(
            roles.map { role in
                guard let matrix = matrices[role] else {
                    preconditionFailure("the initializer read every matrix of the architecture")
                }
                return LinearLayer(
                    matrix.numbers, bias: matrix.bias, weight: matrix.weight,
                    update: adapter?.update(of: role.weightName(layer: index)))
            })
    }
}
