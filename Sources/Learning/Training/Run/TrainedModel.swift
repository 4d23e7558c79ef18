public import Adapters
import Autograd
public import Checkpoints
import Transformers

/// A base with all its weights trained.
public struct TrainedModel {
    let checkpoint: Checkpoint
    let weights: TrainableWeights

    /// Writes the model as GGUF: the base's metadata, the new weights and where they came from.
    public func write(type: Checkpoint.WeightType, lineage: AdapterLineage, to path: String) throws {
        try checkpoint.write(type: type, lineage: lineage, to: path) { name in
            weights.weight(name).map {
                UnsafeBufferPointer(start: $0.parameters.value($0.entry), count: $0.entry.count)
            }
        }
    }
}
