import GGUF
import Quantization
import Testing
import TestSupport

@Suite struct DequantizerTests {
    private typealias Decoder = (GGMLType, UnsafeRawPointer, UnsafeMutablePointer<Float>, Int) throws -> Void

    private let decoders: [Decoder] = [
        { try Dequantizer.dequantize($0, from: $1, to: $2, count: $3) },
        { try Dequantizer.dequantizePortably($0, from: $1, to: $2, count: $3) },
    ]

    /// llama.cpp's `to_float` on 17 types and six kinds of rows: the same bits, from the portable decoders and from
    /// those of this machine.
    @Test(.needsFixtures)
    func decodesTheReferenceBits() throws {
        let fixtures = try QuantizationFixtures.read()
        #expect(fixtures.entries.count == 102)
        for entry in fixtures.entries {
            let type = try #require(GGMLType(name: entry.type))
            let blocks = try fixtures.bytes(entry.quant)
            let expected = try fixtures.floats(entry.dequant).map(\.bitPattern)
            for decode in decoders {
                var found = [Float](repeating: .nan, count: expected.count)
                try decode(type, blocks, &found, found.count)
                #expect(found.map(\.bitPattern) == expected, "\(entry.type) of \(entry.source)")
            }
        }
    }

    @Test func readsFromAnyAddress() throws {
        // One Q8_0 block at an odd address: scale 2, quants 0, 1, … 31.
        let bytes: [UInt8] = [0xFF, 0x00, 0x40] + (0..<32).map { UInt8($0) }
        var found = [Float](repeating: 0, count: 32)
        try bytes.withUnsafeBytes { raw in
            let address = try #require(raw.baseAddress)
            try Dequantizer.dequantize(.q8_0, from: address + 1, to: &found, count: 32)
        }
        #expect(found == (0..<32).map { Float(2 * $0) })
    }

    /// Every half-precision number, by the portable decoder and the machine's, against Swift's own conversion.
    @Test func decodesEveryHalf() throws {
        let halves = Array(0...UInt16.max)
        for decode in decoders {
            var found = [Float](repeating: 0, count: halves.count)
            try decode(.f16, halves.map(\.littleEndian), &found, halves.count)
            for (half, value) in zip(halves, found) {
                let expected = reference(half)
                #expect(value.bitPattern == expected.bitPattern || (value.isNaN && expected.isNaN))
            }
        }
    }

    /// The value that IEEE 754 gives to sixteen bits, by its definition.
    private func reference(_ half: UInt16) -> Float {
        let sign: Float = half & 0x8000 == 0 ? 1 : -1
        let exponent = Int(half >> 10 & 31)
        let fraction = Float(half & 1023) / 1024
        if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
        if exponent == 0 { return sign * Float(sign: .plus, exponent: -14, significand: 1) * fraction }
        return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1) * (1 + fraction)
    }

    @Test func refusesWhatItCannotDecode() {
        var found: [Float] = [0]
        let message =
            "cannot decode IQ2_XXS, expected one of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, "
            + "Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, BF16, TQ1_0, TQ2_0, MXFP4"
        #expect {
            try Dequantizer.dequantize(.iq2_xxs, from: [UInt8](repeating: 0, count: 66), to: &found, count: 256)
        } throws: { "\($0)" == message }
        #expect {
            try Dequantizer.dequantize(.q4_0, from: [UInt8](repeating: 0, count: 18), to: &found, count: 31)
        } throws: { "\($0)" == "cannot decode Q4_0: 31 elements, expected a multiple of 32" }
    }
}
