import GGUF
import Quantization
import Randomness
import Testing
import TestSupport

/// What the scan finds is what decoding finds, whatever the bytes.
struct NumberScanTests {
    private static func decoded(_ type: GGMLType, _ bytes: [UInt8], count: Int) throws -> [Float] {
        var values = [Float](repeating: 0, count: count)
        try bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            try Dequantizer.dequantize(type, from: base, to: &values, count: count)
        }
        return values
    }

    @Test(arguments: Dequantizer.supportedTypes) func findsWhatDecodingFinds(type: GGMLType) throws {
        var random = SplitMix64(seed: UInt64(type.rawValue))
        let count = max(1, 600 / type.blockLength) * type.blockLength
        for _ in 0..<300 {
            let bytes = (0..<type.byteCount(elements: count)).map { _ in
                // Few bytes are such that an exponent is all ones.
                Int.random(in: 0..<40, using: &random) == 0 ? UInt8.random(in: 0...255, using: &random) : 0x21
            }
            let values = try Self.decoded(type, bytes, count: count)
            let expected = values.firstIndex { !$0.isFinite }
            let found = bytes.withUnsafeBytes { NumberScan.firstNotFinite(type, $0) }
            #expect(found == expected, "\(type.name)")
        }
    }

    /// Every place of a run, so that the words at the ends of the compiler's steps are looked at, too.
    @Test(arguments: [GGMLType.f32, .f16, .bf16]) func findsOneNumberAtAnyPlace(type: GGMLType) {
        let width = type.blockByteCount
        for place in 0..<1100 {
            var bytes = [UInt8](repeating: 0x11, count: 1100 * width)
            for index in width * place..<width * (place + 1) { bytes[index] = 0xFF }
            #expect(bytes.withUnsafeBytes { NumberScan.firstNotFinite(type, $0) } == place)
        }
        let clean = [UInt8](repeating: 0x11, count: 1100 * width)
        #expect(clean.withUnsafeBytes { NumberScan.firstNotFinite(type, $0) } == nil)
    }
}
