import GGUF
import Randomness
import Tensors
import TestSupport

/// Numbers that look random and are the same in every run (SplitMix64, mapped to -1 ..< 1).
struct SampleNumbers {
    private var source: SplitMix64

    init(seed: UInt64) { source = SplitMix64(seed: seed) }

    mutating func next() -> Float { Float(Int64(bitPattern: source.next()) >> 40) / 8_388_608 }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
}

/// Memory that a ``FrozenMatrix`` may keep alive.
final class OwnedBytes: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer  // written only before it is shared

    init<Element>(_ elements: [Element]) {
        bytes = .allocate(byteCount: elements.count * MemoryLayout<Element>.stride, alignment: 64)
        elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    deinit { bytes.deallocate() }

    func matrix(rows: Int, columns: Int, type: GGMLType) throws -> FrozenMatrix {
        try FrozenMatrix(rows: rows, columns: columns, type: type, bytes: UnsafeRawBufferPointer(bytes), owner: self)
    }
}

/// The largest absolute difference.
func distance(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { $0.0.isNaN || $0.1.isNaN ? .infinity : abs($0.0 - $0.1) }.max() ?? 0
}
