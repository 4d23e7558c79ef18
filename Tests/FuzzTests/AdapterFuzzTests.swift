import Adapters
import Foundation
import GGUF
import Storage
import Testing
import TestSupport

/// Damaged adapters of both forms: an error that names the file, or an adapter of finite numbers.
@Suite(.needsFixtures, .ownThreads) struct AdapterFuzzTests {
    private static let layout = PEFTLayout(
        architecture: "llama", headCount: 4, keyValueHeadCount: 2, permutesHeads: true, fusesGateAndUp: false)

    private static func isOwn(_ error: any Error, _ folder: String) -> Bool {
        let text: String? =
            switch error {
            case let error as AdapterError: error.description
            case let error as GGUFError: error.description
            case let error as StorageError: error.description
            default: nil
            }
        // A pattern, a rank or a scale that does not fit is named by itself: the file's name is in the caller's hands.
        let named = ["pattern '", "rank_pattern: ", "low-rank pair: "]
        return text.map { $0.contains(folder) || named.contains(where: $0.hasPrefix) } == true
    }

    private static func check(_ adapter: LowRankAdapter) throws {
        for (name, pair) in adapter.tensors {
            guard pair.a.count == pair.rank * pair.inputs, pair.b.count == pair.rank * pair.outputs,
                pair.scale.isFinite, pair.a.allSatisfy(\.isFinite), pair.b.allSatisfy(\.isFinite)
            else { throw GGUFFuzzTests.Broken(name) }
        }
    }

    @Test func survivesADamagedGGUF() throws {
        var run = try FuzzRun("adapter.gguf")
        let path = run.path, whole = try FuzzRun.fixture("lora/adapter-llama/adapter.gguf")
        let numbers = GGUFNumbers(whole)
        try run.damage(
            whole, headerCount: numbers.headerCount, fields: numbers.fields, count: 400,
            isOwn: { Self.isOwn($0, path) }, read: { try Self.check(LowRankAdapter(path: path)) })
        #expect(run.refused > 20 && run.accepted > 0)
    }

    @Test func survivesDamagedSafetensors() throws {
        var run = try FuzzRun("adapter_model.safetensors")
        let folder = (run.path as NSString).deletingLastPathComponent
        let configuration = try FuzzRun.fixture("lora/adapter-llama/adapter_config.json")
        try Data(configuration).write(to: URL(filePath: "\(folder)/adapter_config.json"))
        let whole = try FuzzRun.fixture("lora/adapter-llama/adapter_model.safetensors")
        let headerCount = 8 + (0..<8).reversed().reduce(0) { $0 << 8 | Int(whole[$1]) }
        let read = { try Self.check(LowRankAdapter(peft: folder, layout: Self.layout)) }
        // Digits of shapes and offsets are where JSON has its numbers.
        let digits = (8..<headerCount).filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(whole[$0]) }
        try run.damage(
            whole, headerCount: headerCount, fields: [0..<8] + digits.map { $0..<$0 + 1 }, count: 400,
            isOwn: { Self.isOwn($0, folder) }, read: read)
        #expect(run.refused > 20)
        try run.cut(
            whole, headerCount: headerCount, step: 9973, isOwn: { Self.isOwn($0, folder) }, read: read)
    }

    @Test func survivesADamagedConfiguration() throws {
        var run = try FuzzRun("adapter_config.json")
        let folder = (run.path as NSString).deletingLastPathComponent
        let weights = try FuzzRun.fixture("lora/adapter-llama/adapter_model.safetensors")
        try Data(weights).write(to: URL(filePath: "\(folder)/adapter_model.safetensors"))
        let whole = try FuzzRun.fixture("lora/adapter-llama/adapter_config.json")
        try run.damage(
            whole, headerCount: whole.count, fields: [], count: 300, isOwn: { Self.isOwn($0, folder) },
            read: { try Self.check(LowRankAdapter(peft: folder, layout: Self.layout)) })
        #expect(run.refused > 20)
    }

    /// What a reader took for true once, or nearly: numbers at the ends of their ranges.
    @Test(arguments: [
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,-9223372036854775808]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775807,-2]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,16]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1e300],\"data_offsets\":[0,4]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"u\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
    ])
    func refusesSafetensorsThatCannotBe(_ header: String) throws {
        let run = try FuzzRun("bad.safetensors")
        let count = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try Data(count + Array(header.utf8) + [UInt8](repeating: 0, count: 16)).write(to: URL(filePath: run.path))
        #expect {
            try SafetensorsFile(path: run.path)
        } throws: { ($0 as? AdapterError)?.description.hasPrefix("\(run.path): tensor ") == true }
    }
}
