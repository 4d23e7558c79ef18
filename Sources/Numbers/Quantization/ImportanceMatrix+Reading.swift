import GGUF

extension ImportanceMatrix {
    static let sumsSuffix = ".in_sum2"
    static let countsSuffix = ".counts"

    /// Reads a matrix in llama.cpp's GGUF form.
    ///
    /// - Throws: `GGUFError` for a file that is no GGUF, ``QuantizationError`` for one that is no importance matrix, or
    ///   whose tensors have other shapes or types than the form says or numbers that no model gives.
    public init(path: String) throws {
        let file: GGUFFile
        do {
            file = try GGUFFile(path: path)
        } catch {
            if error.field == "magic" {
                throw QuantizationError(
                    "\(path): not a GGUF file, expected an importance matrix in llama.cpp's GGUF form",
                    hint: "llama-imatrix -m MODEL --in-file \(path) -o imatrix.gguf turns its older form into this one")
            }
            throw error
        }
        let type = try file.metadata.optionalString("general.type")
        guard type == "imatrix" else {
            throw QuantizationError("\(path): general.type: \(type.map { "'\($0)'" } ?? "missing"), expected 'imatrix'")
        }
        var entries: [String: Entry] = [:]
        for tensor in file.tensors {
            if tensor.name.hasSuffix(Self.sumsSuffix) {
                let name = String(tensor.name.dropLast(Self.sumsSuffix.count))
                entries[name] = try Self.entry(name, sums: tensor, in: file)
            } else if !tensor.name.hasSuffix(Self.countsSuffix) {
                throw QuantizationError(
                    "\(path): tensor \"\(tensor.name)\": expected a name that ends in '\(Self.sumsSuffix)' or "
                        + "'\(Self.countsSuffix)'")
            }
        }
        guard !entries.isEmpty else {
            throw QuantizationError("\(path): no tensor ends in '\(Self.sumsSuffix)', expected one for each matrix")
        }
        self.init(
            path: path, datasets: try file.metadata.optionalStrings("imatrix.datasets") ?? [],
            chunkCount: try file.metadata.optionalInteger("imatrix.chunk_count") ?? 0,
            chunkSize: try file.metadata.optionalInteger("imatrix.chunk_size") ?? 0, entries: entries)
    }

    private static func entry(_ name: String, sums: GGUFTensorInfo, in file: GGUFFile) throws -> Entry {
        guard let counts = file.tensor(name + countsSuffix), counts.elementCount == sums.rowCount, sums.elementCount > 0
        else {
            throw QuantizationError(
                "\(file.path): tensor \"\(name)\(countsSuffix)\": missing or not as long as "
                    + "\"\(sums.name)\" has rows, expected \(sums.rowCount) numbers")
        }
        for tensor in [sums, counts] where tensor.type != .f32 {
            throw QuantizationError("\(file.path): tensor \"\(tensor.name)\": \(tensor.type.name), expected F32")
        }
        return Entry(
            sums: try numbers(sums, upTo: 1e30, in: file),
            counts: try numbers(counts, upTo: 1e15, in: file).map { Int($0.rounded()) })
    }

    /// The numbers of a tensor, none of them negative or larger than what texts can give.
    private static func numbers(_ tensor: GGUFTensorInfo, upTo limit: Float, in file: GGUFFile) throws -> [Float] {
        let values = try Dequantizer.dequantize(tensor, of: file)
        if let wrong = values.firstIndex(where: { !($0 >= 0 && $0 <= limit) }) {
            throw QuantizationError(
                "\(file.path): tensor \"\(tensor.name)\": element \(wrong) is \(values[wrong]), "
                    + "expected a number from 0 to \(limit)")
        }
        return values
    }
}
