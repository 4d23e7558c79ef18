import Foundation
import GGUF
import Testing
import TestSupport

@Suite struct GGUFWriterTests {
    static func sampleMetadata() -> GGUFMetadata {
        var metadata = GGUFMetadata()
        metadata.set("general.architecture", "llama")
        metadata.set("a.uint8", .uint8(250))
        metadata.set("a.int8", .int8(-7))
        metadata.set("a.uint16", .uint16(65_000))
        metadata.set("a.int16", .int16(-30_000))
        metadata.set("a.uint32", .uint32(4_000_000_000))
        metadata.set("a.int32", .int32(-2_000_000_000))
        metadata.set("a.uint64", .uint64(18_000_000_000_000_000_000))
        metadata.set("a.int64", .int64(-9_000_000_000_000_000_000))
        metadata.set("a.float32", .float32(0.1))
        metadata.set("a.float64", .float64(0.1))
        metadata.set("a.bool", .bool(true))
        metadata.set("a.string", "grüße")
        metadata.set("a.tokens", .array(GGUFArray(stringBytes: [[0x61], [0xFF, 0x00], []])))
        metadata.set("a.scores", .array(GGUFArray([-1.5, 2.25] as [Float])))
        metadata.set("a.types", .array(GGUFArray([1, -3] as [Int32])))
        metadata.set("a.flags", .array(GGUFArray([true, false])))
        metadata.set("a.nested", .array(GGUFArray([GGUFArray(["x", "yz"]), GGUFArray([7] as [UInt32])])))
        return metadata
    }

    static func sampleTensors() throws -> [GGUFTensorInfo] {
        [
            try GGUFTensorInfo(name: "norm", type: .f32, dimensions: [3]),
            try GGUFTensorInfo(name: "weight", type: .q4_0, dimensions: [64, 5]),
            try GGUFTensorInfo(name: "stack", type: .f16, dimensions: [2, 3, 4, 5]),
        ]
    }

    @Test(arguments: [8, 32, 64])
    func readsBackWhatItWrote(alignment: Int) throws {
        let scratch = ScratchFile()
        let writer = try GGUFWriter(
            metadata: Self.sampleMetadata(), tensors: try Self.sampleTensors(), alignment: alignment)
        try scratch.write(writer)
        #expect(try scratch.bytes.count == writer.byteCount)
        let file = try GGUFFile(path: scratch.path)
        let metadata = file.metadata
        #expect(file.version == 3)
        #expect(file.tensors == writer.tensors)
        #expect(try metadata.integer("a.uint8") == 250)
        #expect(try metadata.integer("a.int8") == -7)
        #expect(try metadata.integer("a.uint16") == 65_000)
        #expect(try metadata.integer("a.int16") == -30_000)
        #expect(try metadata.integer("a.uint32") == 4_000_000_000)
        #expect(try metadata.integer("a.int32") == -2_000_000_000)
        #expect(try metadata.number("a.uint64") == 18e18)
        #expect(try metadata.integer("a.int64") == -9_000_000_000_000_000_000)
        #expect(try metadata.number("a.float32") == Double(Float(0.1)))
        #expect(try metadata.number("a.float64") == 0.1)
        #expect(try metadata.boolean("a.bool"))
        #expect(try metadata.string("a.string") == "grüße")
        #expect(try metadata.stringBytes("a.tokens") == [[0x61], [0xFF, 0x00], []])
        #expect(try metadata.numbers("a.scores") == [-1.5, 2.25])
        #expect(try metadata.integers("a.types") == [1, -3])
        #expect(try metadata.booleans("a.flags") == [true, false])
        let nested = try #require(metadata["a.nested"]?.array?.values)
        #expect(nested.first?.array?.strings == ["x", "yz"])
        #expect(nested.last?.array?.integers == [7])
        for (index, tensor) in file.tensors.enumerated() {
            let bytes = file.bytes(of: tensor)
            #expect(bytes.count == tensor.byteCount)
            #expect(bytes.first == UInt8(index))
            #expect(bytes.last == UInt8(truncatingIfNeeded: index + tensor.byteCount - 1))
        }
    }

    /// Metadata and tensors of a file by llama.cpp's converter, written again: the same bytes.
    @Test(
        .needsFixtures,
        arguments: ["models/llama", "quants/llama-Q4_K_M"])
    func rewritesAFileByteForByte(name: String) throws {
        let file = try GGUFFile(path: Fixtures.path("\(name).gguf"))
        let scratch = ScratchFile()
        let handle = try scratch.open()
        let writer = try GGUFWriter(metadata: file.metadata, tensors: file.tensors)
        try writer.write(to: handle) { tensor, put in try put(file.bytes(of: tensor)) }
        #expect(try scratch.bytes == [UInt8](Data(contentsOf: URL(filePath: file.path))))
    }

    @Test func refusesTooManyOrTooFewBytes() throws {
        let writer = try GGUFWriter(metadata: GGUFMetadata(), tensors: try Self.sampleTensors())
        for count in [11, 13] {
            let handle = try ScratchFile().open()
            #expect {
                try writer.write(to: handle) { _, put in
                    try [UInt8](repeating: 0, count: count).withUnsafeBytes { try put($0) }
                }
            } throws: { "\($0)" == "tensor \"norm\": data: \(count) bytes, expected 12" }
        }
    }

    @Test func refusesNamesThatLlamaCppWouldRefuse() throws {
        let tensor = try GGUFTensorInfo(name: "a", type: .f32, dimensions: [1])
        let long = try GGUFTensorInfo(name: String(repeating: "n", count: 64), type: .f32, dimensions: [1])
        #expect(throws: GGUFError.self) { try GGUFWriter(metadata: GGUFMetadata(), tensors: [tensor, tensor]) }
        #expect(throws: GGUFError.self) { try GGUFWriter(metadata: GGUFMetadata(), tensors: [long]) }
        #expect(throws: GGUFError.self) { try GGUFWriter(metadata: GGUFMetadata(), tensors: [tensor], alignment: 48) }
        #expect(throws: GGUFError.self) { try GGUFTensorInfo(name: "a", type: .q4_0, dimensions: [33]) }
        #expect(throws: GGUFError.self) { try GGUFTensorInfo(name: "a", type: .f32, dimensions: [1 << 40, 1 << 40]) }
        #expect(throws: GGUFError.self) { try GGUFTensorInfo(name: "a", type: .f32, dimensions: []) }
    }
}
