import Foundation
import GGUF
import Quantization
import Testing
import TestSupport

/// Damaged headers, metadata and tensor lists of real files: an error that names file and field, or a file whose every
/// value and tensor can be read.
@Suite(.needsFixtures, .ownThreads) struct GGUFFuzzTests {
    static let files = [
        "models/llama.gguf", "models/gemma3.gguf", "quants/llama-Q4_K_M.gguf", "lora/adapter-llama/adapter.gguf",
    ]

    /// Reads all that a header says.
    static func readAll(_ path: String) throws {
        let file = try GGUFFile(path: path)
        for tensor in file.tensors {
            let bytes = file.bytes(of: tensor)
            guard bytes.count == tensor.byteCount else { throw Broken("tensor \(tensor.name)") }
            // Outside the mapping this would end the process.
            if let first = bytes.first, let last = bytes.last { blackHole(first &+ last) }
        }
        for (key, value) in file.metadata.pairs {
            guard let array = value.array else { continue }
            // As readers do: by the type that they want, or a few elements.
            let count = array.strings?.count ?? array.numbers?.count ?? array.booleans?.count
            guard count ?? array.count == array.count, array.prefix(1000).count == min(1000, array.count) else {
                throw Broken("metadata \(key)")
            }
        }
    }

    struct Broken: Error {
        var what: String
        init(_ what: String) { self.what = what }
    }

    @inline(never) static func blackHole(_ value: UInt8) {}

    static func isOwn(_ error: any Error, _ path: String) -> Bool {
        guard let error = error as? GGUFError else { return false }
        return error.path?.hasPrefix(path) == true && !error.field.isEmpty && !error.problem.isEmpty
    }

    @Test(arguments: files) func survivesDamage(_ name: String) throws {
        var run = try FuzzRun("damaged.gguf")
        let path = run.path, whole = try FuzzRun.fixture(name), numbers = GGUFNumbers(whole)
        try run.damage(
            whole, headerCount: numbers.headerCount, fields: numbers.fields, count: 400,
            isOwn: { Self.isOwn($0, path) }, read: { try Self.readAll(path) })
        #expect(run.refused > 20 && run.accepted > 0)
    }

    /// Cut anywhere, the file is refused; no cut is taken for a smaller file.
    @Test(arguments: files) func refusesAnyCut(_ name: String) throws {
        var run = try FuzzRun("cut.gguf")
        let path = run.path, whole = try FuzzRun.fixture(name), numbers = GGUFNumbers(whole)
        try run.cut(
            whole, headerCount: numbers.headerCount, step: 40_009, isOwn: { Self.isOwn($0, path) },
            read: { try Self.readAll(path) })
        #expect(run.accepted == 0 && run.refused >= min(numbers.headerCount, FuzzRun.cutsOfLongHeaders))
    }

    /// The parts of a split model: one of them damaged, the others whole.
    @Test(arguments: 1...3) func survivesADamagedPart(_ damaged: Int) throws {
        var run = try FuzzRun("model-0000\(damaged)-of-00003.gguf")
        let folder = (run.path as NSString).deletingLastPathComponent
        let source = try GGUFFile(path: Fixtures.path("quants/llama-Q4_K_M.gguf"))
        func part(_ number: Int) throws -> [UInt8] {
            var metadata = number == 1 ? source.metadata : GGUFMetadata()
            metadata.set("split.no", .uint16(UInt16(number - 1)))
            metadata.set("split.count", .uint16(3))
            metadata.set("split.tensors.count", .int32(Int32(source.tensors.count)))
            let share = source.tensors.indices.filter { $0 % 3 == number - 1 }.map { source.tensors[$0] }
            let path = "\(folder)/model-0000\(number)-of-00003.gguf"
            try Data().write(to: URL(filePath: path))
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try GGUFWriter(metadata: metadata, tensors: share).write(to: handle) { try $1(source.bytes(of: $0)) }
            try handle.close()
            return try [UInt8](Data(contentsOf: URL(filePath: path)))
        }
        let parts = try (1...3).map(part)
        let first = "\(folder)/model-00001-of-00003.gguf"
        try Self.readAll(first)
        let whole = parts[damaged - 1], numbers = GGUFNumbers(whole)
        try run.damage(
            whole, headerCount: numbers.headerCount, fields: numbers.fields, count: 400,
            isOwn: { Self.isOwn($0, "\(folder)/model-0000") }, read: { try Self.readAll(first) })
        #expect(run.refused > 20)
        if damaged == 2 {
            try run.cut(
                whole, headerCount: numbers.headerCount, step: 40_009,
                isOwn: { Self.isOwn($0, "\(folder)/model-0000") }, read: { try Self.readAll(first) })
        }
    }

    @Test func survivesADamagedImportanceMatrix() throws {
        var run = try FuzzRun("imatrix.gguf")
        let path = run.path
        var accumulator = ImportanceAccumulator()
        for layer in 0..<3 {
            [Float](repeating: 1.5, count: 512).withUnsafeBufferPointer {
                accumulator.add("blk.\(layer).ffn_up.weight", inputs: $0, columns: 64)
            }
        }
        try Data().write(to: URL(filePath: path))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try accumulator.finish(path: path, dataset: "prompts.jsonl").write(to: handle)
        try handle.close()
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path))), numbers = GGUFNumbers(whole)
        func isOwn(_ error: any Error) -> Bool {
            Self.isOwn(error, path) || (error as? QuantizationError)?.description.hasPrefix("\(path): ") == true
        }
        func read() throws {
            let matrix = try ImportanceMatrix(path: path)
            for entry in matrix.entries.values where entry.means.contains(where: { !$0.isFinite }) {
                throw Broken("a weight that is not finite")
            }
        }
        // The data too: sums and counts may be anything.
        try run.damage(
            whole, headerCount: whole.count, fields: numbers.fields, count: 800, isOwn: isOwn, read: read)
        #expect(run.refused > 20 && run.accepted > 0)
        try run.cut(whole, headerCount: numbers.headerCount, step: 31, isOwn: isOwn, read: read)
    }
}
