import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers

/// What the layers' matrices are multiplied with, against `llama-imatrix` and against a float64 forward pass
/// (`Oracles/make_importance.py`).
@Suite(.ownThreads) struct ObservationTests {
    struct Oracle: Decodable {
        struct Matrix: Decodable {
            var name: String
            var columns: Int
            var llama_imatrix: [Double]
            var float64: [Double]
        }
        struct Model: Decodable {
            var name: String
            var chunks: [[TokenID]]
            var matrices: [Matrix]
        }
        var fold: Int
        var models: [Model]

        static func read() throws -> Oracle {
            let path = Checkout.path("Tests/InferenceTests/Oracles/importance.json")
            return try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: URL(filePath: path)))
        }
    }

    /// Sums of squares by matrix and column, and how many inputs each matrix had.
    private func sums(
        _ engine: InferenceEngine, _ sequences: [[TokenID]], adapter: LoadedAdapter? = nil
    ) throws -> (squares: [String: [Double]], counts: [String: Int]) {
        var squares: [String: [Double]] = [:]
        var counts: [String: Int] = [:]
        try engine.observeInputs(of: sequences, adapter: adapter) { input in
            counts[input.name, default: 0] += input.values.count / input.columns
            for (index, value) in input.values.enumerated() {
                squares[input.name, default: Array(repeating: 0, count: input.columns)][index % input.columns] +=
                    Double(value) * Double(value)
            }
        }
        return (squares, counts)
    }

    /// Each matrix of each layer once, a fused one too. The second run's chunks are cut by passes in other places.
    @Test(.needsFixtures, arguments: [1, 5])
    func showsWhatTheReferencesSee(times: Int) throws {
        let oracle = try Oracle.read()
        #expect(oracle.models.map(\.name) == ["llama", "qwen2", "gemma3", "phi3"])
        for model in oracle.models {
            let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model(model.name)))
            let sequences = Array(repeating: model.chunks, count: times).flatMap { $0 }
            let found = try sums(engine, sequences)
            #expect(Set(found.squares.keys) == Set(model.matrices.map(\.name)))
            for matrix in model.matrices {
                #expect(found.counts[matrix.name] == sequences.reduce(0) { $0 + $1.count })
                var folded = [Double](repeating: 0, count: oracle.fold)
                for (column, sum) in (found.squares[matrix.name] ?? []).enumerated() {
                    folded[column % oracle.fold] += sum / Double(times)
                }
                #expect(found.squares[matrix.name]?.count == matrix.columns)
                let largest = matrix.float64.max() ?? 0
                // llama.cpp takes GELU from a table of halves; see the fixtures' README.
                let tolerance = model.name.hasPrefix("gemma") ? 1e-3 : 1e-5
                for (own, other) in zip(folded, matrix.float64) { #expect(abs(own - other) < 1e-5 * largest) }
                for (own, other) in zip(folded, matrix.llama_imatrix) {
                    #expect(abs(own - other) < tolerance * largest)
                }
            }
        }
    }

    /// Beside an adapter the inputs are those of the merged model.
    @Test(.needsFixtures)
    func seesWhatAnAdapterChanges() throws {
        let checkpoint = try Checkpoint(path: Fixtures.model("llama"))
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let path = Fixtures.path("lora/adapter-llama/adapter.gguf")
        let adapter = try engine.load(checkpoint.adapter(at: path))
        let tokens: [[TokenID]] = [[1, 70, 71, 72, 73]]
        let base = try sums(engine, tokens).squares, adapted = try sums(engine, tokens, adapter: adapter).squares
        #expect(base["blk.0.attn_q.weight"] == adapted["blk.0.attn_q.weight"])
        #expect(base["blk.1.attn_q.weight"] != adapted["blk.1.attn_q.weight"])
    }

    @Test(.needsFixtures)
    func refusesWhatCannotBeRun() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        #expect { try sums(engine, [[1], []]) } throws: { "\($0)" == "tokens: none, expected at least one" }
        #expect { try sums(engine, [[1, 512]]) } throws: { "\($0)" == "token 1: id 512, expected 0 to 511" }
        #expect(throws: CancellationError.self) {
            try engine.observeInputs(of: [[1]], progress: { _ in throw CancellationError() }) { _ in }
        }
    }
}
