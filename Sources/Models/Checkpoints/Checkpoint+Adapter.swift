public import Adapters
import Architectures
public import GGUF
import Tensors

extension Checkpoint {
    /// Opens an adapter for this base: a GGUF file, or PEFT's folder.
    ///
    /// - Throws: what reading it throws; `AdapterError` if it is not one for this base.
    public func adapter(at path: String) throws -> LowRankAdapter {
        let adapter =
            LowRankAdapter.isPEFT(path)
            ? try LowRankAdapter(peft: path, layout: peftLayout) : try LowRankAdapter(path: path)
        try validate(adapter, name: path)
        return adapter
    }

    /// Checks that an adapter that names its chat template was trained with the one in force here.
    ///
    /// For whoever renders conversations; ``adapter(at:)`` does not, so that any adapter can be looked at.
    ///
    /// - Throws: `AdapterError`: what the adapter learned would be asked for in another form.
    public func checkTemplate(of adapter: LowRankAdapter, name: String) throws {
        guard let expected = try adapter.templateDigest, expected != (try templateDigest) else { return }
        let found = try templateDigest.map { "the one here, \($0)" } ?? "a base without one"
        let chosen = try adapter.metadata.optionalString(LowRankAdapter.templateNameKey)
        throw AdapterError(
            "\(name): trained with the chat template \(expected), expected \(found)",
            hint: chosen.map { "add --template \($0)" }
                ?? "leave --template away: the adapter was trained with the base's own")
    }

    /// How the modules of this base's Hugging Face form stand in it.
    public var peftLayout: PEFTLayout {
        PEFTLayout(
            architecture: architecture.name, headCount: architecture.attention.headCount,
            keyValueHeadCount: architecture.attention.keyValueHeadCount,
            permutesHeads: architecture.rope.pairing == .adjacent,
            fusesGateAndUp: architecture.feedForward.isFused)
    }

    /// Checks that an adapter was made for this base: its architecture, its base digest where it names one, that each of
    /// its tensors has a matrix of matching shape here, and that what its file has whole is what is here.
    ///
    /// - Parameter name: what messages call the adapter, its path for one.
    /// - Throws: `AdapterError`.
    public func validate(_ adapter: LowRankAdapter, name: String) throws {
        guard adapter.architecture == architecture.name else {
            throw AdapterError(
                "\(name): made for architecture '\(adapter.architecture)', expected '\(architecture.name)', "
                    + "that of \(path)")
        }
        // The digest first: of another base it says more than the first shape that happens to differ.
        if let expected = adapter.baseDigest {
            let found = try digest()
            guard expected == found else {
                throw AdapterError(
                    "\(name): made for the base \(expected), expected the base \(found), which is \(path)",
                    hint: "use the base that the adapter was trained on, or train an adapter on this one")
            }
        }
        let shapes = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.dimensions) })
        for (tensor, pair) in adapter.tensors.sorted(by: { $0.key < $1.key }) {
            guard let dimensions = shapes[tensor] else {
                throw AdapterError("\(name): \(tensor): no such tensor in \(path), expected tensors of the base only")
            }
            guard dimensions == [pair.inputs, pair.outputs] else {
                throw AdapterError(
                    "\(name): \(tensor): for dimensions [\(pair.inputs), \(pair.outputs)], expected \(dimensions) "
                        + "as in \(path)")
            }
            if tensor == DecoderArchitecture.tokenEmbeddingName, architecture.isOutputTied {
                throw AdapterError(
                    "\(name): \(tensor): changes embeddings that \(path) also uses as its output, "
                        + "expected an adapter of other tensors")
            }
        }
        try checkWholeTensors(of: adapter, name: name)
    }

    /// One tensor as floats with an adapter's update added: `W + scale · B · A`.
    ///
    /// - Parameters:
    ///   - rows: which rows; a large tensor is merged a few rows at a time.
    ///   - scale: multiplies the update, 1 as the adapter was trained.
    ///   - body: gets `[rows.count, columns]`, row-major.
    public func withMergedRows<Result>(
        of tensor: GGUFTensorInfo, rows: Range<Int>, adapter: LowRankAdapter?, scale: Float = 1,
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) throws -> Result {
        let columns = tensor.dimensions[0]
        let matrix = try FrozenMatrix(
            rows: tensor.elementCount / columns, columns: columns, type: tensor.type, bytes: file.bytes(of: tensor),
            owner: file)
        return try withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, rows.count * columns)) { buffer in
            guard let base = buffer.baseAddress else { return try body(buffer) }
            for (index, row) in rows.enumerated() { matrix.copyRow(row, into: base + index * columns) }
            if let pair = adapter?.tensors[tensor.name] { pair.add(rows: rows, scale: scale, to: base) }
            return try body(buffer)
        }
    }
}
