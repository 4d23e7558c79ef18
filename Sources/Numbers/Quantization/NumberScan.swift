import CKernels
import Dispatch
public import GGUF
import Synchronization

/// Looks through stored tensors for a number that is infinite or not a number, at the speed of memory.
///
/// One such number makes every answer of a model nonsense. Of plain numbers the exponents are looked at, of most
/// quantized blocks only the scales: a block is finite where its scales are. Types without a rule here are decoded.
public enum NumberScan {
    /// A number that no pass can compute with, and where it stands.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        public var tensor: String
        public var row: Int
        public var column: Int
        public var value: Float

        /// `tensor blk.0.ffn_up.weight: row 3, column 17 is nan, expected finite numbers`
        public var description: String {
            "tensor \(tensor): row \(row), column \(column) is \(value), expected finite numbers"
        }
    }

    /// Bytes that a core looks through at once.
    private static let pieceLength = 1 << 20

    /// The first number of a file, in the order of its tensors, that is infinite or not a number.
    ///
    /// - Parameter tensors: those that are looked through; of a type that cannot be decoded, nothing is.
    public static func firstNotFinite(in file: GGUFFile, tensors: [GGUFTensorInfo]) -> Finding? {
        var pieces: [(tensor: GGUFTensorInfo, elements: Range<Int>)] = []
        for tensor in tensors where Dequantizer.isSupported(tensor.type) {
            let length = max(1, pieceLength / tensor.type.blockByteCount) * tensor.type.blockLength
            pieces += stride(from: 0, to: tensor.elementCount, by: length).map {
                (tensor, $0..<min($0 + length, tensor.elementCount))
            }
        }
        let found = Mutex<(piece: Int, element: Int)?>(nil)
        let all = pieces
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            // What lies behind a find need not be looked at.
            if let known = found.withLock({ $0?.piece }), known < index { return }
            let (tensor, elements) = all[index]
            let bytes = file.bytes(of: tensor)
            let start = tensor.type.byteCount(elements: elements.lowerBound)
            let end = tensor.type.byteCount(elements: elements.upperBound)
            guard let element = firstNotFinite(tensor.type, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            else { return }
            found.withLock { known in
                if index < known?.piece ?? .max { known = (index, elements.lowerBound + element) }
            }
        }
        return withExtendedLifetime(file) {
            guard let (piece, element) = found.withLock({ $0 }) else { return nil }
            let tensor = all[piece].tensor
            return Finding(
                tensor: tensor.name, row: element / tensor.rowLength, column: element % tensor.rowLength,
                value: value(of: element, tensor.type, file.bytes(of: tensor)))
        }
    }

    /// The index of the first element of some blocks that is infinite or not a number; nil where all are finite.
    ///
    /// - Parameter bytes: whole blocks of a type that can be decoded.
    public static func firstNotFinite(_ type: GGMLType, _ bytes: UnsafeRawBufferPointer) -> Int? {
        switch type {
        case .f32: return firstWord(bytes, exponent: UInt32(0x7F80_0000))
        case .f16: return firstWord(bytes, exponent: UInt16(0x7C00))
        case .bf16: return firstWord(bytes, exponent: UInt16(0x7F80))
        default: break
        }
        guard let (scale, minimum) = halves(of: type) else { return firstDecoded(type, bytes) }
        func isFinite(_ place: Int) -> Bool {
            UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)) & 0x7C00 != 0x7C00
        }
        for start in stride(from: 0, to: bytes.count, by: type.blockByteCount)
        where !isFinite(start + scale) || !isFinite(start + minimum) {
            let block = UnsafeRawBufferPointer(rebasing: bytes[start..<start + type.blockByteCount])
            return start / type.blockByteCount * type.blockLength + (firstDecoded(type, block) ?? 0)
        }
        return nil
    }

    /// Where a block has its scale and its minimum, or its scale alone, in half precision: they decide whether it is finite.
    private static func halves(of type: GGMLType) -> (scale: Int, minimum: Int)? {
        switch type {
        case .q4_0, .q5_0, .q8_0, .iq4_nl, .iq4_xs: (0, 0)
        case .q4_1, .q5_1, .q4_K, .q5_K: (0, 2)
        case .q2_K: (80, 82)
        case .q3_K: (108, 108)
        case .q6_K: (208, 208)
        default: nil
        }
    }

    private static func firstWord<Word: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, exponent: Word) -> Int? {
        let words = bytes.bindMemory(to: Word.self)
        let length = 1024
        for start in stride(from: 0, to: words.count, by: length) {
            let run = UnsafeBufferPointer(rebasing: words[start..<min(start + length, words.count)])
            // Without a way out in the middle, the compiler compares many words at once.
            var count: Word = 0
            for word in run { count &+= word & exponent == exponent ? 1 : 0 }
            if count != 0 { return start + (run.firstIndex { $0 & exponent == exponent } ?? 0) }
        }
        return nil
    }

    private static func firstDecoded(_ type: GGMLType, _ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let decode = retort_decoder_of(type.rawValue), let source = bytes.baseAddress else { return nil }
        let count = bytes.count / type.blockByteCount * type.blockLength
        let length = max(1, 4096 / type.blockLength) * type.blockLength
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: length) { values in
            guard let base = values.baseAddress else { return nil }
            for start in stride(from: 0, to: count, by: length) {
                let some = min(length, count - start)
                decode(source + type.byteCount(elements: start), base, some)
                let first = retort_first_not_finite(base, some)
                if first < some { return start + first }
            }
            return nil
        }
    }

    private static func value(of element: Int, _ type: GGMLType, _ bytes: UnsafeRawBufferPointer) -> Float {
        let block = element / type.blockLength
        var values = [Float](repeating: 0, count: type.blockLength)
        if let decode = retort_decoder_of(type.rawValue), let source = bytes.baseAddress {
            decode(source + block * type.blockByteCount, &values, type.blockLength)
        }
        return values[element % type.blockLength]
    }
}
