import Architectures
import GGUF
import Quantization

/// What is checked when a model is opened, from its header alone.
extension Checkpoint {
    /// A pass may then rely on every shape, and no tensor of the file is silently left out.
    func checkTensors() throws {
        var known: Set<String> = [
            "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight",
        ]
        for required in architecture.requiredTensors {
            known.insert(required.name)
            guard let tensor = file.tensor(required.name) else {
                throw CheckpointError(
                    "\(path): tensor \(required.name): missing, expected dimensions \(required.dimensions)")
            }
            guard tensor.dimensions == required.dimensions else {
                throw CheckpointError(
                    "\(path): tensor \(required.name): dimensions \(tensor.dimensions), expected \(required.dimensions)"
                )
            }
            guard Dequantizer.isSupported(tensor.type) else {
                throw CheckpointError("\(path): tensor \(required.name): type \(tensor.type.name) is not supported")
            }
        }
        // Stored angles of rope, which nothing reads any more.
        let isObsolete = { (name: String) in name.hasSuffix(".attn_rot_embd.weight") || name.hasSuffix(".rot_embd") }
        if let unknown = file.tensors.first(where: { !known.contains($0.name) && !isObsolete($0.name) }) {
            throw CheckpointError(
                "\(path): tensor \(unknown.name): not part of architecture \(architecture.name), "
                    + "expected only tensors that it uses")
        }
    }

    /// Every token has a row of the embeddings and every row a token, as llama.cpp wants it too; every special token is
    /// one of the vocabulary. No id that the tokenizer gives can lie outside of a matrix, and none that the model gives has
    /// no text.
    func checkVocabulary() throws {
        let rows = architecture.vocabularySize
        guard let tokens = file.metadata["tokenizer.ggml.tokens"]?.array else { return }
        guard tokens.count == rows else {
            throw CheckpointError(
                "\(path): tokenizer.ggml.tokens: \(tokens.count) tokens, expected \(rows), one for each row of "
                    + DecoderArchitecture.tokenEmbeddingName,
                hint: "the vocabulary is another model's or was cut, or tokens were added without resizing the "
                    + "embeddings: convert the model again")
        }
        for (key, value) in file.metadata.pairs where key.hasPrefix("tokenizer.ggml.") && key.hasSuffix("_token_id") {
            // All ones, or -1: how some writers say that there is none.
            guard let id = value.integer, id != -1, id != UInt32.max, !(0..<tokens.count).contains(id) else { continue }
            throw CheckpointError(
                "\(path): \(key): \(id), expected 0 to \(tokens.count - 1), an id of the \(tokens.count) tokens",
                hint: "the vocabulary is another model's, or was cut: convert the model again")
        }
    }
}
