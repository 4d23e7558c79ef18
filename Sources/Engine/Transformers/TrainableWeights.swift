import Architectures
public import Autograd
public import Checkpoints
import Tensors

/// All weights of a model while they are trained: embeddings, norms, biases and matrices, as float32.
///
/// A matrix that is both the embedding and the output is one of them, and gets both gradients.
public final class TrainableWeights {
    public let parameters: ParameterSet
    private let entries: [String: ParameterSet.Entry]
    private let memory: Memory

    /// Begins with a model's own weights, whatever their types.
    ///
    /// - Throws: what ``Checkpoint`` throws for a tensor that cannot be read.
    public init(_ checkpoint: Checkpoint) throws {
        let required = checkpoint.architecture.requiredTensors
        parameters = ParameterSet(
            required.map { tensor in
                (tensor.name, tensor.dimensions.count > 1 ? tensor.dimensions[1] : 1, tensor.dimensions[0])
            })
        entries = Dictionary(uniqueKeysWithValues: parameters.entries.map { ($0.name, $0) })
        memory = Memory(parameters)
        for (entry, tensor) in zip(parameters.entries, required) {
            let target = parameters.value(entry)
            if tensor.dimensions.count == 1 {
                target.update(from: try checkpoint.vector(entry.name), count: entry.count)
            } else {
                let matrix = try checkpoint.matrix(entry.name)
                for row in 0..<entry.rows { matrix.copyRow(row, into: target + row * entry.columns) }
            }
        }
    }

    /// A weight by its tensor's name.
    public func weight(_ name: String) -> TrainedWeight? { entries[name].map { TrainedWeight(parameters, $0) } }

    /// A matrix's numbers where they are trained.
    func matrix(_ name: String) throws -> FrozenMatrix {
        guard let entry = entries[name] else { throw TransformerError("tensor \(name): not a weight of the model") }
        return try FrozenMatrix(
            rows: entry.rows, columns: entry.columns, floats: parameters.value(entry), owner: memory)
    }

    func vector(_ name: String) throws -> WeightVector {
        guard let weight = weight(name) else { throw TransformerError("tensor \(name): not a weight of the model") }
        return .trained(weight)
    }

    /// Keeps the numbers that matrices are views of.
    ///
    /// Unchecked `Sendable`: nothing is asked of it but to stay alive.
    private final class Memory: @unchecked Sendable {
        private let parameters: ParameterSet
        init(_ parameters: ParameterSet) { self.parameters = parameters }
    }
}
