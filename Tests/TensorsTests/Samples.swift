import GGUF
import Tensors

/// Numbers that look random and are the same in every run (SplitMix64, mapped to -1 ..< 1).
struct SampleNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float(Int64(bitPattern: z ^ (z >> 31)) >> 40) / 8_388_608
    }

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
