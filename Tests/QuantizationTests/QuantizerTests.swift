import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

@Suite struct QuantizerTests {
    private typealias Encoder = (
        GGMLType, UnsafePointer<Float>, UnsafeMutableRawPointer, Int, Int, UnsafePointer<Float>?
    ) throws -> Void

    private let encoders: [Encoder] = [
        { try Quantizer.quantize($0, from: $1, to: $2, rows: $3, columns: $4, importance: $5) },
        { try Quantizer.quantizePortably($0, from: $1, to: $2, rows: $3, columns: $4, importance: $5) },
    ]

    /// `ggml_quantize_chunk` without importance, on 14 types and six kinds of rows: the same bytes, from the portable
    /// encoders and from those of this machine.
    @Test(.needsFixtures)
    func encodesTheReferenceBytes() throws {
        let fixtures = try QuantizationFixtures.read()
        var encoded: Set<String> = []
        for entry in fixtures.entries {
            let type = try #require(GGMLType(name: entry.type))
            guard Quantizer.isSupported(type) else { continue }
            encoded.insert(entry.type)
            let source = try fixtures.floats(ofSource: entry.source)
            let expected = try fixtures.bytes(entry.quant)
            for encode in encoders {
                var found = [UInt8](repeating: 0xAA, count: expected.count)
                try encode(type, source, &found, fixtures.rows, fixtures.cols, nil)
                #expect(found == expected, "\(entry.type) of \(entry.source)")
            }
        }
        #expect(
            encoded == [
                "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
                "IQ4_XS",
            ])
    }

    /// Blocks that do not fill the eight lanes, and matrices of any number of rows: each row by itself gives the same.
    @Test(arguments: [GGMLType.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl], [32, 96, 288])
    func encodesRowsOfAnyLength(_ type: GGMLType, columns: Int) throws {
        let rows = 3
        let source = (0..<rows * columns).map { Float(sin(Double($0) * 0.37) * exp(sin(Double($0) * 0.11))) }
        let weights = (0..<columns).map { 1 + Float($0 % 7) }
        for importance in [nil, weights] {
            var results: [[UInt8]] = []
            for encode in encoders {
                var whole = [UInt8](repeating: 0, count: type.byteCount(elements: source.count))
                try encode(type, source, &whole, rows, columns, importance)
                results.append(whole)
            }
            #expect(results[0] == results[1])
            if importance == nil {
                var blocks: [UInt8] = []
                for start in stride(from: 0, to: source.count, by: 32) {
                    var block = [UInt8](repeating: 0, count: type.blockByteCount)
                    try Quantizer.quantize(
                        type, from: Array(source[start..<start + 32]), to: &block, rows: 1, columns: 32)
                    blocks += block
                }
                #expect(results[0] == blocks)
            }
        }
    }

    /// An importance lowers the weighted error, which is what it is for.
    @Test(arguments: [GGMLType.q4_0, .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs])
    func importanceLowersTheWeightedError(_ type: GGMLType) throws {
        let columns = 512
        var state: UInt64 = 1
        func random() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24) * 2 - 1
        }
        let source = (0..<16 * columns).map { _ in random() * random() * random() }
        let importance = (0..<columns).map { $0.isMultiple(of: 5) ? Float(100) : 1 }
        func weightedError(_ weights: [Float]?) throws -> Double {
            var blocks = [UInt8](repeating: 0, count: type.byteCount(elements: source.count))
            try Quantizer.quantize(type, from: source, to: &blocks, rows: 16, columns: columns, importance: weights)
            var decoded = [Float](repeating: 0, count: source.count)
            try Dequantizer.dequantize(type, from: blocks, to: &decoded, count: source.count)
            return zip(source, decoded).enumerated().reduce(0) { sum, pair in
                let error = Double(pair.element.0 - pair.element.1)
                return sum + error * error * Double(importance[pair.offset % columns])
            }
        }
        #expect(try weightedError(importance) < weightedError(nil))
    }

    @Test func refusesWhatItCannotEncode() {
        var source = [Float](repeating: 1, count: 64)
        var blocks = [UInt8](repeating: 0, count: 64)
        #expect {
            try Quantizer.quantize(.q8_K, from: source, to: &blocks, rows: 1, columns: 64)
        } throws: { "\($0)".hasPrefix("cannot encode Q8_K, expected one of F32, F16, Q4_0,") }
        #expect {
            try Quantizer.quantize(.q4_0, from: source, to: &blocks, rows: 1, columns: 33)
        } throws: { "\($0)" == "cannot encode Q4_0: rows of 33, expected a multiple of 32" }
        source[35] = .infinity
        #expect {
            try Quantizer.quantize(.q4_0, from: source, to: &blocks, rows: 2, columns: 32)
        } throws: { "\($0)" == "cannot encode Q4_0: row 1, column 3 is inf, expected a finite number" }
    }
}
