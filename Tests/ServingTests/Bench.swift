import Adapters
import Architectures
import Checkpoints
import Foundation
import GGUF
import Inference
import Registry
import Storage
import TestSupport
import Tokenizers

/// A workspace with a base and two adapters that answer differently, all registered: `intent:1` and `intent:2`.
final class Bench: Sendable {
    /// The digest of a base that nobody has.
    static let foreignBase = ContentDigest(of: "a base that nobody has")

    /// Two story models that lie beside the checkout, where they are there.
    static let stories = ["stories260K-ctx512-f32", "TinyStories-656K-f16"]
        .map { Checkout.shared("models/\($0).gguf") }.filter { FileManager.default.fileExists(atPath: $0) }

    private let folder: ScratchFolder
    let checkpoint: Checkpoint

    init() throws {
        folder = try ScratchFolder()
        checkpoint = try Checkpoint(path: Checkout.base)
        for seed in 1...2 { try register(adapter(seed: UInt64(seed), name: "intent-\(seed)")) }
        try promote(1)
    }

    var path: String { folder.path }
    var workspace: String { "\(path)/workspace" }

    func registry() throws -> ReleaseRegistry { try ReleaseRegistry(workspace: try Workspace(path: workspace)) }

    /// The flags of a server on this workspace.
    func flags(_ more: String...) -> [String] {
        ["--base", Checkout.base, "--workspace", workspace, "--model", "intent"] + more
    }

    func task(threshold: Double = 0) throws -> String {
        let labels = ["refund", "delivery", "card_lost", "change_address", "other"].map { "  - name: \($0)" }
        return try file(
            "task.yaml",
            """
            name: intent
            labels:
            \(labels.joined(separator: "\n"))
            prompts:
              student: {user: "{input}"}
              teacher: {system: "One of: {labels}", user: "{input}"}
            escalation: {threshold: \(threshold)}

            """)
    }

    func file(_ name: String, _ text: String) throws -> String { try folder.write(name, text) }

    @discardableResult
    func register(_ artifact: String, name: String = "intent", base: ContentDigest? = nil) throws -> RegistryVersion {
        var registration = Registration(name: name, artifact: artifact, by: "test")
        registration.base = base
        return try registry().register(registration).version
    }

    func promote(_ version: Int, alias: String = "production") throws {
        _ = try registry().promote("intent", version: version, alias: alias, by: "test", override: "a test")
    }

    /// Writes an adapter with random factors, large enough to change every answer.
    func adapter(seed: UInt64, name: String, base: ContentDigest? = nil, amount: Float = 0.3) throws -> String {
        let adapter = try lowRank(seed: seed, base: base, amount: amount)
        let path = "\(path)/\(name).gguf"
        try AtomicFile.write(to: path) { try adapter.write(to: $0) }
        return path
    }

    /// The same adapter in memory.
    func lowRank(seed: UInt64, base: ContentDigest? = nil, amount: Float = 0.3) throws -> LowRankAdapter {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next() -> Float {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(random >> 40) / Float(1 << 24) - 0.5) * 2 * amount
        }
        var tensors: [String: LowRankPair] = [:]
        let rank = 4
        for tensor in checkpoint.file.tensors where tensor.name.hasSuffix("ffn_down.weight") {
            let (inputs, outputs) = (tensor.dimensions[0], tensor.dimensions[1])
            tensors[tensor.name] = try LowRankPair(
                rank: rank, inputs: inputs, outputs: outputs, a: (0..<rank * inputs).map { _ in next() },
                b: (0..<rank * outputs).map { _ in next() }, scale: 2)
        }
        return LowRankAdapter(
            architecture: checkpoint.architecture.name, alpha: 8, baseDigest: try base ?? checkpoint.digest(),
            tensors: tensors)
    }

    /// What a version must answer to raw text, from the engine alone, without any server.
    func expected(_ prompt: String, seed: UInt64, tokens: Int) throws -> String {
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let loaded = try engine.load(try lowRank(seed: seed))
        return try engine.generate(
            prompt: try checkpoint.tokenizer.encode(prompt, addSpecial: true, parseSpecial: true), adapter: loaded,
            options: GenerationOptions(maximumTokens: tokens)
        ).text
    }
}
