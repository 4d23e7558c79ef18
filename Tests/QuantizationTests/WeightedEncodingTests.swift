import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

/// `ggml_quantize_chunk` with an importance matrix: the same bytes (`Oracles/make_weighted.py`).
@Suite struct WeightedEncodingTests {
    struct Entry: Decodable {
        var source: String
        var type: String
        var importance: String
        var digest: String
    }

    private func importance(_ name: String, columns: Int) -> [Float]? {
        let value: (Int) -> Int
        switch name {
        case "ramp": value = { $0 + 1 }
        case "spikes": value = { $0 % 37 == 5 ? 4096 : 1 + $0 % 3 }
        case "gaps": value = { $0 % 4 == 0 ? 0 : 2 + $0 % 5 }
        case "nothing": value = { _ in 0 }
        default: return nil
        }
        return (0..<columns).map { Float(value($0)) }
    }

    /// FNV-1a, 64 bits.
    private func digest(_ bytes: [UInt8]) -> String {
        let value = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test(.needsFixtures)
    func encodesTheReferenceBytes() throws {
        let fixtures = try QuantizationFixtures.read()
        let path = Checkout.path("Tests/QuantizationTests/Oracles/weighted.json")
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(filePath: path)))
        #expect(entries.count == 6 * 12 * 4)
        for entry in entries {
            let type = try #require(GGMLType(name: entry.type))
            let weights = try #require(importance(entry.importance, columns: fixtures.cols))
            let source = try fixtures.floats(ofSource: entry.source)
            for isPortable in [false, true] {
                let encode = isPortable ? Quantizer.quantizePortably : Quantizer.quantize
                var found = [UInt8](repeating: 0xAA, count: type.byteCount(elements: source.count))
                try encode(type, source, &found, fixtures.rows, fixtures.cols, weights)
                #expect(digest(found) == entry.digest, "\(entry.type) of \(entry.source) by \(entry.importance)")
            }
        }
    }
}
