import GGUF
import Storage

/// The digest that binds an adapter to its base: of the base's tensors, whatever its metadata says.
///
/// SHA-256 over the line `retort.tensors/1\n` and then, for each tensor in the order of its name's bytes, the line
/// `<name>\t<type>\t<dimension>,<dimension>…\t<byte count>\n` and the tensor's bytes as they are in the file.
/// Renaming a model, adding a chat template or aligning it otherwise leaves the digest; quantizing it does not.
enum TensorDigest {
    static func digest(of file: GGUFFile) throws -> ContentDigest {
        var accumulator = ContentDigest.Accumulator()
        accumulator.update("retort.tensors/1\n")
        for tensor in file.tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            let dimensions = tensor.dimensions.map(String.init).joined(separator: ",")
            accumulator.update("\(tensor.name)\t\(tensor.type.name)\t\(dimensions)\t\(tensor.byteCount)\n")
            accumulator.update(file.bytes(of: tensor))
        }
        return accumulator.finish()
    }
}
