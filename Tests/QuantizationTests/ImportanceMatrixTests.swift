import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

@Suite struct ImportanceMatrixTests {
    private func accumulated(_ inputs: [(name: String, columns: Int, values: [Float])]) -> ImportanceAccumulator {
        var accumulator = ImportanceAccumulator()
        for input in inputs {
            input.values.withUnsafeBufferPointer {
                accumulator.add(input.name, inputs: $0, columns: input.columns)
            }
        }
        return accumulator
    }

    private func write(_ matrix: ImportanceMatrix, to path: String) throws {
        try Data().write(to: URL(filePath: path))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try matrix.write(to: handle)
        try handle.close()
    }

    @Test func addsUpSquares() throws {
        let accumulator = accumulated([
            ("b", 2, [1, 2, 3, 4]), ("a", 3, [1, 0, -2]), ("b", 2, [-5, 6]),
        ])
        let matrix = try accumulator.finish(path: "out.gguf", dataset: "prompts.jsonl")
        #expect(matrix.entries["a"] == .init(sums: [1, 0, 4], counts: [1]))
        #expect(matrix.entries["b"] == .init(sums: [35, 56], counts: [3]))
        #expect(matrix.entries["b"]?.means == [35.0 / 3, 56.0 / 3])
        #expect(matrix.chunkCount == 1 && matrix.chunkSize == 512)
        #expect(matrix.datasets == ["prompts.jsonl"])
        #expect { try accumulated([]).finish(path: "", dataset: "p") } throws: {
            "\($0)" == "p: no tokens, expected at least one"
        }
        #expect { try accumulated([("a", 2, [1, .infinity])]).finish(path: "", dataset: "p") } throws: {
            "\($0)" == "p: \"a\": the inputs of column 1 are inf, expected finite ones"
        }
    }

    /// A float could not count on beyond 2^24; a long text's last tokens must not be lost.
    @Test func keepsTheLastOfManyTokens() throws {
        let many = [Float](repeating: 1, count: 1 << 20)
        let accumulator = accumulated((0..<17).map { _ in ("a", 1, many) } + [("a", 1, [1])])
        let matrix = try accumulator.finish(path: "", dataset: "")
        #expect(matrix.entries["a"]?.counts == [17 << 20 + 1])
        #expect(matrix.entries["a"]?.sums == [Float(17 << 20 + 1)])
        #expect(matrix.chunkCount == (17 << 20) / 512 + 1)
    }

    /// The tensors, keys and order that `llama-imatrix` writes.
    @Test func writesTheReferencesForm() throws {
        let scratch = ScratchFile()
        let matrix = try accumulated([("b.weight", 2, [1, 2, 3, 4]), ("a.weight", 3, [1, 0, -2])])
            .finish(path: "out.gguf", dataset: "prompts.jsonl")
        try write(matrix, to: scratch.path)
        let file = try GGUFFile(path: scratch.path)
        #expect(
            file.metadata.keys
                == ["general.type", "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size"])
        #expect(try file.metadata.string("general.type") == "imatrix")
        #expect(try file.metadata.strings("imatrix.datasets") == ["prompts.jsonl"])
        #expect(file.metadata["imatrix.chunk_count"]?.type == .uint32)
        #expect(
            file.tensors.map(\.name)
                == ["a.weight.in_sum2", "a.weight.counts", "b.weight.in_sum2", "b.weight.counts"])
        #expect(file.tensors.map(\.dimensions) == [[3, 1], [1, 1], [2, 1], [1, 1]])
        let again = try ImportanceMatrix(path: scratch.path)
        #expect(again.entries == matrix.entries && again.path == scratch.path)
        #expect(again.chunkCount == 1 && again.chunkSize == 512 && again.datasets == ["prompts.jsonl"])
    }

    @Test func refusesWhatIsNoImportanceMatrix() throws {
        func problem(_ change: (inout [String: (dimensions: [Int], values: [Float])]) -> Void) throws -> String {
            var tensors: [String: (dimensions: [Int], values: [Float])] = [
                "w.in_sum2": ([2, 3], [1, 2, 3, 4, 5, 6]), "w.counts": ([1, 3], [1, 0, 2]),
            ]
            change(&tensors)
            let scratch = ScratchFile()
            var metadata = GGUFMetadata()
            metadata.set("general.type", "imatrix")
            try Data().write(to: URL(filePath: scratch.path))
            let handle = try FileHandle(forWritingTo: URL(filePath: scratch.path))
            let infos = try tensors.sorted { $0.key < $1.key }.map {
                try GGUFTensorInfo(name: $0.key, type: .f32, dimensions: $0.value.dimensions)
            }
            try GGUFWriter(metadata: metadata, tensors: infos).write(to: handle) { info, put in
                try (tensors[info.name]?.values ?? []).withUnsafeBytes { try put($0) }
            }
            try handle.close()
            do {
                let matrix = try ImportanceMatrix(path: scratch.path)
                #expect(matrix.entries["w"]?.means == [1, 2, 1, 1, 2.5, 3])
                return "none"
            } catch {
                return "\(error)".replacingOccurrences(of: scratch.path, with: "file")
            }
        }
        #expect(try problem { _ in } == "none")
        #expect(
            try problem { $0["w.counts"] = nil }
                == "file: tensor \"w.counts\": missing or not as long as \"w.in_sum2\" has rows, expected 3 numbers")
        #expect(
            try problem { $0["w.counts"] = ([1, 2], [1, 1]) }
                == "file: tensor \"w.counts\": missing or not as long as \"w.in_sum2\" has rows, expected 3 numbers")
        #expect(
            try problem { $0["w.in_sum2"]?.values[4] = -1 }
                == "file: tensor \"w.in_sum2\": element 4 is -1.0, expected a number from 0 to 1e+30")
        #expect(
            try problem { $0["w.in_sum2"]?.values[0] = .nan }
                == "file: tensor \"w.in_sum2\": element 0 is nan, expected a number from 0 to 1e+30")
        #expect(
            try problem { $0["w.counts"]?.values[1] = 1e20 }
                == "file: tensor \"w.counts\": element 1 is 1e+20, expected a number from 0 to 1e+15")
        #expect(
            try problem { $0["x"] = ([1], [1]) }
                == "file: tensor \"x\": expected a name that ends in '.in_sum2' or '.counts'")
        #expect(
            try problem { tensors in tensors = [:] }
                == "file: no tensor ends in '.in_sum2', expected one for each matrix")
    }

    /// The binary form that llama-imatrix wrote before 2025 begins with the number of its entries.
    @Test func refusesTheOlderForm() throws {
        let scratch = ScratchFile()
        try Data([2, 0, 0, 0, 1, 0, 0, 0, 65]).write(to: URL(filePath: scratch.path))
        #expect { try ImportanceMatrix(path: scratch.path) } throws: { error in
            "\(error)"
                == "\(scratch.path): not a GGUF file, expected an importance matrix in llama.cpp's GGUF form"
                && (error as? QuantizationError)?.hint?.contains("llama-imatrix -m MODEL --in-file") == true
        }
    }

    @Test(.needsFixtures)
    func refusesTheMatrixOfAnotherModel() throws {
        let source = try GGUFFile(path: Fixtures.path("models/llama.gguf"))
        func problem(_ name: String, columns: Int) throws -> String {
            let matrix = try accumulated([(name, columns, [Float](repeating: 1, count: columns))])
                .finish(path: "other.gguf", dataset: "p")
            do {
                _ = try ModelQuantizer(file: source, fileType: .q4_K_M, importance: matrix)
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            try problem("blk.2.attn_q.weight", columns: 256)
                == "other.gguf: \"blk.2.attn_q.weight\": no such matrix in \(source.path), expected matrices of this "
                + "model only")
        #expect(
            try problem("blk.1.ffn_down.weight", columns: 256)
                == "other.gguf: \"blk.1.ffn_down.weight\": 256 weights, expected 512")
        #expect(try problem("blk.1.ffn_down.weight", columns: 512) == "none")
    }
}
