import Dispatch
public import Foundation
public import GGUF
import Synchronization

/// Turns a model into one of another file type, tensor by tensor, on all cores.
///
/// Tensors whose type stays are copied as they are. In memory at any time: per core a few rows as floats, and two strips
/// of a tensor in its new type, one that is being made and one that is being written.
public struct ModelQuantizer: Sendable {
    public let file: GGUFFile
    public let fileType: FileType
    public let importance: ImportanceMatrix?
    public let update: RowUpdate?
    /// The new file's metadata.
    public var metadata: GGUFMetadata
    /// The new file's tensors, in its order.
    public let tensors: [GGUFTensorInfo]

    /// About how many elements a core converts at once.
    private static let elementsPerTask = 1 << 17
    /// Enough that cores which finish early find another task.
    private static let tasksPerStrip = 16 * ProcessInfo.processInfo.activeProcessorCount

    /// Chooses every tensor's type; nothing is converted yet.
    ///
    /// - Parameter update: what is added to some tensors before they are encoded.
    /// - Throws: ``QuantizationError`` for a file that is no model, a tensor that cannot be decoded, an update or
    ///   importance for another model, a `RETORT_KERNELS` that cannot be followed.
    public init(
        file: GGUFFile, fileType: FileType, importance: ImportanceMatrix? = nil, update: RowUpdate? = nil
    ) throws {
        if let refusal = InstructionSet.refusal { throw refusal }
        self.file = file
        self.fileType = fileType
        self.importance = importance
        self.update = update
        let kind = try file.metadata.optionalString("general.type") ?? "model"
        guard kind == "model" else {
            throw QuantizationError("\(file.path): general.type: '\(kind)', expected 'model'")
        }
        if let unknown = update?.tensorNames.sorted().first(where: { file.tensor($0) == nil }) {
            throw QuantizationError("\(file.path): no tensor \"\(unknown)\", which is to be updated")
        }
        try importance?.validate(for: file)
        let types = try TensorTypeChoice.types(
            for: file.tensors, of: file.metadata, fileType: fileType, hasImportance: importance != nil)
        tensors = try TensorTypeChoice.inOrder(file.tensors).map { source in
            let type = types[source.name] ?? source.type
            let isCopied = type == source.type && update?.tensorNames.contains(source.name) != true
            guard isCopied || Dequantizer.isSupported(source.type) else {
                throw QuantizationError("tensor \"\(source.name)\": cannot decode \(source.type.name)")
            }
            guard isCopied || Quantizer.isSupported(type) else {
                throw QuantizationError("tensor \"\(source.name)\": cannot encode \(type.name)")
            }
            return try GGUFTensorInfo(name: source.name, type: type, dimensions: source.dimensions)
        }
        metadata = Self.metadata(file.metadata, fileType, importance)
    }

    private static func metadata(
        _ source: GGUFMetadata, _ fileType: FileType, _ importance: ImportanceMatrix?
    ) -> GGUFMetadata {
        var metadata = source
        // The reference moves the keys that it sets to the end; doing likewise makes files comparable as a whole.
        for key in [
            "general.quantization_version", "general.file_type", "split.no", "split.count", "split.tensors.count",
        ] {
            metadata.remove(key)
        }
        metadata.set("general.quantization_version", .uint32(2))
        metadata.set("general.file_type", .uint32(fileType.rawValue))
        if let importance {
            metadata.set(
                "quantize.imatrix.file", importance.path.split(separator: "/").last.map(String.init) ?? importance.path)
            if let dataset = importance.datasets.first { metadata.set("quantize.imatrix.dataset", dataset) }
            metadata.set("quantize.imatrix.entries_count", .uint32(UInt32(importance.entries.count)))
            metadata.set("quantize.imatrix.chunks_count", .uint32(UInt32(clamping: importance.chunkCount)))
        }
        return metadata
    }

    /// The tensors that lose precision a second time: quantized before, and encoded again as what cannot hold every value.
    public var requantized: [GGUFTensorInfo] {
        let exact = Set(tensors.filter { $0.type == .f32 }.map(\.name))
        return file.tensors.filter { !$0.type.isPlain && !isCopied($0) && !exact.contains($0.name) }
    }

    /// The matrices of layers that are encoded without weights, although there is an importance matrix for the model.
    public var unweighted: [GGUFTensorInfo] {
        guard let importance else { return [] }
        return tensors.filter { tensor in
            !tensor.type.isPlain && tensor.name.hasPrefix("blk.") && importance.entries[tensor.name] == nil
        }
    }

    private func isCopied(_ source: GGUFTensorInfo) -> Bool {
        let target = tensors.first { $0.name == source.name }
        return target?.type == source.type && update?.tensorNames.contains(source.name) != true
    }

    /// Bytes of the new file.
    public var byteCount: Int {
        get throws { try GGUFWriter(metadata: metadata, tensors: tensors).byteCount }
    }

    /// Writes the new file.
    ///
    /// - Parameter progress: called before each tensor with the number of source bytes done.
    /// - Throws: ``QuantizationError`` that names the tensor, `GGUFError` where the device refuses, what `progress` throws.
    public func write(to handle: FileHandle, progress: (GGUFTensorInfo, Int) throws -> Void = { _, _ in }) throws {
        let writer = try GGUFWriter(metadata: metadata, tensors: tensors)
        var done = 0
        try writer.write(to: handle) { target, put in
            guard let source = file.tensor(target.name) else { return }
            try progress(source, done)
            if isCopied(source) {
                if let found = NumberScan.firstNotFinite(in: file, tensors: [source]) {
                    throw QuantizationError("\(file.path): \(found)")
                }
                try put(file.bytes(of: source))
            } else {
                do {
                    try convert(source, to: target, put)
                } catch let error as QuantizationError {
                    throw QuantizationError("\(file.path): tensor \"\(source.name)\": \(error)")
                }
            }
            file.releasePages(of: source, rows: 0..<source.rowCount)
            done += source.byteCount
        }
    }

    private func convert(
        _ source: GGUFTensorInfo, to target: GGUFTensorInfo, _ put: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let weights = try importance?.weights(for: source)
        let rows = source.rowCount, targetRow = target.type.byteCount(elements: source.rowLength)
        let rowsPerTask = max(1, Self.elementsPerTask / max(1, source.rowLength))
        let rowsPerStrip = rowsPerTask * Self.tasksPerStrip
        var encoded = (0..<min(2, (rows + rowsPerStrip - 1) / rowsPerStrip)).map { _ in
            UnsafeMutableRawBufferPointer.allocate(byteCount: min(rows, rowsPerStrip) * targetRow, alignment: 64)
        }
        defer { for buffer in encoded { buffer.deallocate() } }
        var made: (bytes: UnsafeRawBufferPointer, rows: Range<Int>)?
        func write() throws {
            guard let made else { return }
            try put(made.bytes)
            file.releasePages(of: source, rows: made.rows)
        }
        for first in stride(from: 0, to: rows, by: rowsPerStrip) {
            let strip = first..<min(rows, first + rowsPerStrip)
            let failure = Mutex<(any Error)?>(nil)
            try withoutActuallyEscaping(write) { write in
                // Safe to share: `concurrentPerform` returns only when every task has, the buffers outlive it, and each
                // task writes the rows of its own part and no others; one task alone writes to the file.
                nonisolated(unsafe) let destination = encoded[0], write = write
                DispatchQueue.concurrentPerform(iterations: 1 + (strip.count + rowsPerTask - 1) / rowsPerTask) { task in
                    do {
                        guard task > 0 else { return try write() }
                        let start = strip.lowerBound + (task - 1) * rowsPerTask
                        let part = start..<min(strip.upperBound, start + rowsPerTask)
                        let place = destination.baseAddress.map { $0 + (start - strip.lowerBound) * targetRow }
                        try convert(source, part, to: target.type, weights, place)
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
                if let error = failure.withLock({ $0 }) { throw error }
            }
            made = (UnsafeRawBufferPointer(rebasing: encoded[0][..<(strip.count * targetRow)]), strip)
            encoded.swapAt(0, encoded.count - 1)
        }
        try write()
    }

    /// Decodes, updates and encodes some rows.
    private func convert(
        _ source: GGUFTensorInfo, _ rows: Range<Int>, to type: GGMLType, _ weights: [Float]?,
        _ output: UnsafeMutableRawPointer?
    ) throws {
        let columns = source.rowLength
        let sourceRow = source.type.byteCount(elements: columns)
        let targetRow = type.byteCount(elements: columns)
        // Rows of one expert follow each other, and each expert has its own weights.
        let rowsPerExpert = source.dimensions.count > 1 ? source.dimensions[1] : 1
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * columns) { buffer in
            guard let values = buffer.baseAddress, let input = file.bytes(of: source).baseAddress, let output else {
                return
            }
            try Dequantizer.dequantize(
                source.type, from: input + rows.lowerBound * sourceRow, to: values, count: rows.count * columns)
            if let update, update.tensorNames.contains(source.name) { update.add(source, rows, values) }
            try check(source, rows, values, type: nil, UnsafeRawBufferPointer(buffer))
            var row = rows.lowerBound
            while row < rows.upperBound {
                let expert = row / rowsPerExpert
                let end = weights == nil ? rows.upperBound : min(rows.upperBound, (expert + 1) * rowsPerExpert)
                let from = values + (row - rows.lowerBound) * columns
                let to = output + (row - rows.lowerBound) * targetRow
                if let weights {
                    try weights.withUnsafeBufferPointer { all in
                        let importance = all.baseAddress.map { $0 + expert * columns }
                        try Quantizer.quantize(
                            type, from: from, to: to, rows: end - row, columns: columns, importance: importance)
                    }
                } else {
                    try Quantizer.quantize(type, from: from, to: to, rows: end - row, columns: columns)
                }
                row = end
            }
            try check(
                source, rows, values, type: type,
                UnsafeRawBufferPointer(start: output, count: rows.count * targetRow))
        }
    }

    /// Refuses numbers that are not finite, before and after encoding: a finite number can be more than a type, or a
    /// block's scale, can hold.
    ///
    /// - Parameter type: that of the encoded bytes; nil for the numbers before.
    private func check(
        _ source: GGUFTensorInfo, _ rows: Range<Int>, _ values: UnsafePointer<Float>, type: GGMLType?,
        _ bytes: UnsafeRawBufferPointer
    ) throws(QuantizationError) {
        guard let element = NumberScan.firstNotFinite(type ?? .f32, bytes) else { return }
        let place = "row \(rows.lowerBound + element / source.rowLength), column \(element % source.rowLength)"
        throw QuantizationError(
            type.map { "\(place) is near \(values[element]), expected numbers that \($0.name) can hold" }
                ?? "\(place) is \(values[element]), expected finite numbers")
    }
}
