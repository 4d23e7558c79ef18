import Foundation
import GGUF
import Quantization
import Testing

/// How far encoding and decoding may move weights, per type: `Documentation/Formats/GGUF.md` names the same budgets.
@Suite struct ErrorBudgetTests {
    /// Root-mean-square error of normally distributed weights, relative to their root mean square.
    static let budgets: [GGMLType: Double] = [
        .f32: 0, .f16: 0.0003, .bf16: 0.002, .q8_0: 0.006, .q6_K: 0.02, .q5_K: 0.04, .q5_1: 0.042, .q5_0: 0.047,
        .q4_K: 0.078, .iq4_nl: 0.083, .iq4_xs: 0.083, .q4_1: 0.086, .q4_0: 0.094, .q3_K: 0.165, .q2_K: 0.32,
    ]

    @Test func everyTypeThatCanBeEncodedHasABudget() {
        #expect(Set(Quantizer.supportedTypes) == Set(Self.budgets.keys))
    }

    @Test(arguments: budgets.keys.sorted { $0.rawValue < $1.rawValue })
    func staysWithinItsBudget(_ type: GGMLType) throws {
        let (rows, columns) = (64, 512)
        let weights = Self.normal(count: rows * columns, seed: 7)
        var blocks = [UInt8](repeating: 0, count: type.byteCount(elements: weights.count))
        var decoded = [Float](repeating: .nan, count: weights.count)
        try Quantizer.quantize(type, from: weights, to: &blocks, rows: rows, columns: columns)
        try Dequantizer.dequantize(type, from: blocks, to: &decoded, count: weights.count)
        let error = zip(weights, decoded).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        let power = weights.reduce(0.0) { $0 + pow(Double($1), 2) }
        let relative = (error / power).squareRoot()
        let budget = try #require(Self.budgets[type])
        #expect(relative <= budget)
        // A budget that is far too wide would notice nothing.
        #expect(relative >= budget * 0.6)
    }

    /// Box and Muller's method over a linear congruential generator.
    private static func normal(count: Int, seed: UInt64) -> [Float] {
        var state = seed
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) / Double(1 << 53)
        }
        return (0..<count).map { _ in Float((-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) * 0.02) }
    }
}
