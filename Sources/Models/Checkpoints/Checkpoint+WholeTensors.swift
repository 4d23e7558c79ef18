import Adapters
import Architectures
import Foundation
import GGUF
import Quantization
import Tensors

extension Checkpoint {
    /// Elements that are compared at once.
    private static let elementsAtOnce = 1 << 16

    /// Checks that what an adapter's file has whole is what this base has: then it changes nothing.
    ///
    /// - Throws: `AdapterError` for a tensor of another shape, or one with another number.
    func checkWholeTensors(of adapter: LowRankAdapter, name: String) throws {
        for (tensor, whole) in adapter.wholeTensors.sorted(by: { $0.key < $1.key }) {
            let own = tensor == "output.weight" ? architecture.outputName : tensor
            let what =
                [DecoderArchitecture.tokenEmbeddingName, architecture.outputName].contains(own)
                ? "the embeddings were changed or resized" : "the tensor was changed"
            func refuse(_ found: String, _ expected: String) -> AdapterError {
                AdapterError(
                    "\(name): \(whole.source): \(what): \(found), expected \(expected) of \(path)",
                    hint: "merge the adapter where it was made, and bring the whole model as a GGUF file")
            }
            guard let info = file.tensor(own) else { throw refuse("a tensor", "none, as in the tensors") }
            guard info.dimensions == whole.dimensions else {
                throw refuse("dimensions \(whole.dimensions)", "the dimensions \(info.dimensions)")
            }
            if let row = try firstDifference(info, whole) { throw refuse("row \(row) differs", "the numbers") }
        }
    }

    /// The first row in which the two differ by more than their types.
    ///
    /// They are the same where this base's numbers, rounded to the type of the adapter's file, are its numbers; or where
    /// its numbers, encoded in this base's type, are this base's bytes. One holds whichever of the two is the coarser.
    private func firstDifference(_ tensor: GGUFTensorInfo, _ whole: WholeTensor) throws -> Int? {
        let columns = tensor.rowLength, rows = tensor.rowCount
        let rowByteCount = tensor.type.byteCount(elements: columns)
        let stored = file.bytes(of: tensor)
        let matrix = try FrozenMatrix(rows: rows, columns: columns, type: tensor.type, bytes: stored, owner: file)
        var own = [Float](repeating: 0, count: columns)
        var encoded = [UInt8](repeating: 0, count: rowByteCount)
        let step = max(1, Checkpoint.elementsAtOnce / columns)
        for start in stride(from: 0, to: rows, by: step) {
            let range = start..<min(start + step, rows)
            let numbers = whole.numbers(range)
            for row in range {
                let saved = numbers[(row - start) * columns..<(row - start + 1) * columns]
                own.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { matrix.copyRow(row, into: base) } }
                if zip(own, saved).allSatisfy({ whole.rounded($0) == $1 }) { continue }
                guard saved.allSatisfy(\.isFinite), Quantizer.isSupported(tensor.type) else { return row }
                try saved.withUnsafeBufferPointer { source in
                    try encoded.withUnsafeMutableBytes { target in
                        guard let source = source.baseAddress, let target = target.baseAddress else { return }
                        try Quantizer.quantize(tensor.type, from: source, to: target, rows: 1, columns: columns)
                    }
                }
                guard encoded.elementsEqual(stored[row * rowByteCount..<(row + 1) * rowByteCount]) else { return row }
            }
        }
        return nil
    }
}
