import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

@Suite(.ownThreads) struct ModelQuantizerTests {
    struct Run: Decodable {
        struct Tensor: Decodable {
            var name: String
            var type: String
            var sha256: String
        }
        var source: String
        var type: String
        var file_sha256: String
        var tensors: [Tensor]
    }
    struct Runs: Decodable { var runs: [Run] }

    /// `quants/llama-quantize.json`: the whole file of `llama-quantize`, byte for byte, for three file types.
    @Test(.needsFixtures)
    func writesTheReferenceFile() throws {
        let json = try Fixtures.data("quants/llama-quantize.json")
        let runs = try JSONDecoder().decode(Runs.self, from: json).runs
        #expect(runs.map(\.type) == ["Q8_0", "Q4_K_M", "Q4_0"])
        for run in runs {
            let source = try GGUFFile(path: Fixtures.path("\(run.source)"))
            let fileType = try #require(FileType(name: run.type))
            let result = try quantize(source, fileType)
            #expect(result.file.tensors.map(\.name) == run.tensors.map(\.name))
            #expect(result.file.tensors.map(\.type.name) == run.tensors.map(\.type))
            for tensor in run.tensors {
                let info = try #require(result.file.tensor(tensor.name))
                #expect(try sha256(Data(result.file.bytes(of: info))) == tensor.sha256, "\(run.type): \(tensor.name)")
            }
            #expect(try sha256(Data(contentsOf: URL(filePath: result.file.path))) == run.file_sha256, "\(run.type)")
        }
    }

    @Test(.needsFixtures)
    func copiesWhatHasItsTypeAlready() throws {
        let source = try GGUFFile(path: Fixtures.path("quants/llama-Q4_K_M.gguf"))
        let result = try quantize(source, .q4_K_M)
        let again = try Data(contentsOf: URL(filePath: result.file.path))
        #expect(again == (try Data(contentsOf: URL(filePath: source.path))))
        #expect(try ModelQuantizer(file: source, fileType: .q4_K_M).requantized.isEmpty)
        #expect(try ModelQuantizer(file: source, fileType: .q8_0).requantized.count == 16)
    }

    @Test(.needsFixtures)
    func addsAnUpdateBeforeItEncodes() throws {
        let source = try GGUFFile(path: Fixtures.path("models/llama.gguf"))
        let name = "blk.1.ffn_up.weight"
        let update = RowUpdate(tensorNames: [name]) { tensor, rows, values in
            for (index, row) in rows.enumerated() { values[index * tensor.rowLength] += Float(row) }
        }
        let result = try quantize(source, .f32, update: update)
        for tensor in source.tensors {
            let before = try Dequantizer.dequantize(tensor, of: source)
            let after = try Dequantizer.dequantize(try #require(result.file.tensor(tensor.name)), of: result.file)
            let expected = before.enumerated().map { index, value in
                let isChanged = tensor.name == name && index.isMultiple(of: tensor.rowLength)
                return isChanged ? value + Float(index / tensor.rowLength) : value
            }
            #expect(after == expected, "\(tensor.name)")
        }
        let unknown = RowUpdate(tensorNames: ["blk.9.ffn_up.weight"]) { _, _, _ in }
        #expect(throws: QuantizationError.self) {
            try ModelQuantizer(file: source, fileType: .f16, update: unknown)
        }
    }

    @Test(.needsFixtures)
    func refusesAnAdapter() throws {
        let adapter = try GGUFFile(path: Fixtures.path("lora/adapter-llama/adapter.gguf"))
        #expect {
            try ModelQuantizer(file: adapter, fileType: .q8_0)
        } throws: { "\($0)" == "\(adapter.path): general.type: 'adapter', expected 'model'" }
    }

    /// An importance matrix in llama.cpp's form, applied and named in the metadata.
    @Test(.needsFixtures)
    func appliesAnImportanceMatrix() throws {
        let source = try GGUFFile(path: Fixtures.path("models/llama.gguf"))
        let scratch = ScratchFile()
        let name = "blk.0.ffn_up.weight"
        let sums = (0..<256).map { Float($0 + 1) * 4 }
        try write(importance: [(name, sums, 4)], to: scratch.path)
        let importance = try ImportanceMatrix(path: scratch.path)
        #expect(importance.entries.mapValues(\.means) == [name: (0..<256).map { Float($0 + 1) }])
        let plain = try quantize(source, .q4_K_M)
        let weighted = try quantize(source, .q4_K_M, importance: importance)
        for tensor in plain.file.tensors {
            let other = try #require(weighted.file.tensor(tensor.name))
            let isSame = Data(plain.file.bytes(of: tensor)) == Data(weighted.file.bytes(of: other))
            #expect(isSame == (tensor.name != name), "\(tensor.name)")
        }
        let metadata = weighted.file.metadata
        #expect(try metadata.integer("quantize.imatrix.entries_count") == 1)
        #expect(try metadata.integer("quantize.imatrix.chunks_count") == 3)
        #expect(try metadata.string("quantize.imatrix.dataset") == "sample.txt")
        try write(importance: [(name, [1, 2], 4)], to: scratch.path)
        let other = try ImportanceMatrix(path: scratch.path)
        #expect {
            try ModelQuantizer(file: source, fileType: .q4_K_M, importance: other)
        } throws: { "\($0)" == "\(scratch.path): \"\(name)\": 2 weights, expected 256" }
    }

    private func write(importance: [(name: String, sums: [Float], count: Float)], to path: String) throws {
        var metadata = GGUFMetadata()
        metadata.set("general.type", "imatrix")
        metadata.set("imatrix.datasets", .array(GGUFArray(["sample.txt"])))
        metadata.set("imatrix.chunk_count", .uint32(3))
        var tensors: [GGUFTensorInfo] = []
        var data: [String: [Float]] = [:]
        for entry in importance {
            tensors.append(
                try GGUFTensorInfo(name: "\(entry.name).in_sum2", type: .f32, dimensions: [entry.sums.count, 1]))
            tensors.append(try GGUFTensorInfo(name: "\(entry.name).counts", type: .f32, dimensions: [1, 1]))
            data["\(entry.name).in_sum2"] = entry.sums
            data["\(entry.name).counts"] = [entry.count]
        }
        try Data().write(to: URL(filePath: path))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try GGUFWriter(metadata: metadata, tensors: tensors).write(to: handle) { tensor, put in
            try (data[tensor.name] ?? []).withUnsafeBytes { try put($0) }
        }
        try handle.close()
    }

    /// The quantized file, opened, with the scratch file that holds it.
    private func quantize(
        _ source: GGUFFile, _ fileType: FileType, importance: ImportanceMatrix? = nil, update: RowUpdate? = nil
    ) throws -> (file: GGUFFile, scratch: ScratchFile) {
        let scratch = ScratchFile()
        let quantizer = try ModelQuantizer(file: source, fileType: fileType, importance: importance, update: update)
        try Data().write(to: URL(filePath: scratch.path))
        let handle = try FileHandle(forWritingTo: URL(filePath: scratch.path))
        try quantizer.write(to: handle)
        try handle.close()
        return (try GGUFFile(path: scratch.path), scratch)
    }

    /// By the system's tool: this module's tests have no digest of their own.
    private func sha256(_ data: Data) throws -> String {
        let scratch = ScratchFile()
        try data.write(to: URL(filePath: scratch.path))
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/sha256sum")
        process.arguments = [scratch.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix(64))
    }
}
