import Adapters
import Checkpoints
import GGUF
import Quantization
import Storage

/// An adapter that is merged into a model while it is quantized: `W + scale · B · A`.
struct AdapterMerge {
    let digest: ContentDigest
    let update: RowUpdate
    /// The chat template that the adapter was trained with, where it is not the model's own: the merged model's.
    let template: String?

    /// - Throws: what opening either throws; `AdapterError` if the adapter is not one for the model.
    init(adapter path: String, model: String) throws {
        let adapter = try LowRankAdapter(path: path)
        try Checkpoint(path: model).validate(adapter, name: path)
        digest = try ContentDigest(ofFile: path)
        template = try adapter.metadata.optionalString(LowRankAdapter.templateKey)
        let pairs = adapter.tensors
        update = RowUpdate(tensorNames: Set(pairs.keys)) { tensor, rows, values in
            pairs[tensor.name]?.add(rows: rows, to: values)
        }
    }
}
