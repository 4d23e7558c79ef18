import Foundation
import GGUF
import TestSupport

/// `quants/index.json`: rows, their blocks in every type, and what the reference decodes from them.
struct QuantizationFixtures: Decodable {
    struct Block: Decodable {
        var file: String
        var offset: Int
        var nbytes: Int
    }
    struct Source: Decodable {
        var kind: String
        var data: Block
    }
    struct Entry: Decodable {
        var source: String
        var type: String
        var quant: Block
        var dequant: Block
        var rmse: Double
    }
    var rows: Int
    var cols: Int
    var sources: [Source]
    var entries: [Entry]

    static func read() throws -> QuantizationFixtures {
        try JSONDecoder().decode(QuantizationFixtures.self, from: Fixtures.data("quants/index.json"))
    }

    func bytes(_ block: Block) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: URL(filePath: Fixtures.path("quants/\(block.file)")))
        try handle.seek(toOffset: UInt64(block.offset))
        return [UInt8](try handle.read(upToCount: block.nbytes) ?? Data())
    }

    func floats(_ block: Block) throws -> [Float] {
        [Float](littleEndian: Data(try bytes(block)))
    }

    func floats(ofSource kind: String) throws -> [Float] {
        try sources.first { $0.kind == kind }.map { try floats($0.data) } ?? []
    }
}
