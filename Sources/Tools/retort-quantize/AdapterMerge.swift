import Adapters
import Checkpoints
import GGUF
import Inference
import Quantization
import Storage

/// An adapter that is merged into a model while it is quantized: `W + scale · B · A`.
struct AdapterMerge {
    let adapter: LowRankAdapter
    let digest: ContentDigest
    let update: RowUpdate
    /// The chat template that the adapter was trained with, where it is not the model's own: the merged model's.
    let template: String?
    /// What speaks against the two belonging together.
    let doubts: [String]

    /// - Throws: what reading it throws; `AdapterError` if the adapter is not one for the model.
    init(adapter path: String, checkpoint: Checkpoint) throws {
        adapter = try checkpoint.adapter(at: path)
        let engine = try InferenceEngine(checkpoint: checkpoint)
        do {
            _ = try engine.probe(adapter: try engine.load(adapter, name: path))
        } catch let error as InferenceError {
            throw InferenceError(error.kind, "\(path): \(error.description)", hint: error.hint)
        }
        doubts = checkpoint.doubts(about: adapter, name: path)
        digest = try LowRankAdapter.digest(ofFileAt: path)
        template = try adapter.metadata.optionalString(LowRankAdapter.templateKey)
        let pairs = adapter.tensors
        update = RowUpdate(tensorNames: Set(pairs.keys)) { tensor, rows, values in
            pairs[tensor.name]?.add(rows: rows, to: values)
        }
    }
}
