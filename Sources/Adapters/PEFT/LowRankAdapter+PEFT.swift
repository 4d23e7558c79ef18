import Conversations
import Foundation
import GGUF
public import Storage

extension LowRankAdapter {
    /// The metadata key under which an adapter that came from PEFT keeps its configuration.
    static let configurationKey = "retort.peft.config"
    /// What the names of all of PEFT's tensors begin with.
    static let modulePrefix = "base_model.model."

    /// Whether a path is PEFT's form, a folder, and not GGUF's, a file.
    public static func isPEFT(_ path: String) -> Bool {
        var isDirectory = ObjCBool(false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// The digest by which an adapter on disk is named: of the GGUF file, or of the two files of PEFT's folder.
    public static func digest(ofFileAt path: String) throws -> ContentDigest {
        guard isPEFT(path) else { return try ContentDigest(ofFile: path) }
        let files = ["adapter_config.json", "adapter_model.safetensors"]
        let lines = try files.map { "\($0)\t\(try ContentDigest(ofFile: "\(path)/\($0)"))\n" }
        return ContentDigest(of: "retort.peft/1\n" + lines.joined())
    }

    /// Reads PEFT's folder: `adapter_config.json` and `adapter_model.safetensors`.
    ///
    /// Every pair gets the scale that PEFT uses: patterns for ranks and alphas, and rank-stabilized scaling.
    ///
    /// - Throws: ``AdapterError`` for a configuration that the GGUF form has no place for, a module that the architecture
    ///   does not have, a factor without its partner, a rank other than the configuration's.
    public init(peft folder: String, layout: PEFTLayout) throws {
        let configuration = try PEFTConfiguration(path: "\(folder)/adapter_config.json")
        let file = try SafetensorsFile(path: "\(folder)/adapter_model.safetensors")
        var tensors: [String: LowRankPair] = [:]
        for (module, factors) in try LowRankAdapter.modules(file) {
            guard let tensor = layout.tensor(ofModule: module) else {
                throw AdapterError("\(file.path): module \(module): not one of architecture \(layout.architecture)")
            }
            tensors[tensor] = try LowRankAdapter.pair(
                module, tensor, factors, file, configuration: configuration, layout: layout)
        }
        guard !tensors.isEmpty else { throw AdapterError("\(file.path): no factors, expected at least one pair") }
        var metadata = GGUFMetadata()
        metadata.set(LowRankAdapter.configurationKey, configuration.json.serialized())
        // The alpha that most pairs have; the writer of the one-alpha form folds the others' scales into B.
        var votes: [Float: Int] = [:]
        for pair in tensors.values { votes[pair.scale * Float(pair.rank), default: 0] += 1 }
        let alpha = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? Float(configuration.alpha)
        self.init(
            architecture: layout.architecture, alpha: alpha, baseDigest: nil, tensors: tensors, metadata: metadata)
    }

    private typealias Factors = (a: SafetensorsFile.Tensor?, b: SafetensorsFile.Tensor?)

    private static func modules(_ file: SafetensorsFile) throws -> [(String, Factors)] {
        var modules: [String: Factors] = [:]
        for (name, tensor) in file.tensors {
            guard name.hasPrefix(modulePrefix) else {
                throw AdapterError("\(file.path): tensor \(name): expected a name that begins with \(modulePrefix)")
            }
            let rest = String(name.dropFirst(modulePrefix.count))
            if let end = [".lora_A.weight", ".lora_embedding_A"].first(where: rest.hasSuffix) {
                modules[String(rest.dropLast(end.count)), default: (nil, nil)].a = tensor
            } else if let end = [".lora_B.weight", ".lora_embedding_B"].first(where: rest.hasSuffix) {
                modules[String(rest.dropLast(end.count)), default: (nil, nil)].b = tensor
            } else {
                throw AdapterError("\(file.path): tensor \(name): expected a factor lora_A or lora_B")
            }
        }
        return modules.sorted { $0.key < $1.key }
    }

    private static func pair(
        _ module: String, _ tensor: String, _ factors: Factors, _ file: SafetensorsFile,
        configuration: PEFTConfiguration, layout: PEFTLayout
    ) throws -> LowRankPair {
        guard let first = factors.a, let second = factors.b else {
            let missing = factors.a == nil ? "lora_A" : "lora_B"
            throw AdapterError("\(file.path): module \(module): \(missing) missing, expected both factors")
        }
        let rank = try configuration.rank(module: module)
        guard first.shape.count == 2, second.shape.count == 2, first.shape[0] == rank, second.shape[1] == rank else {
            throw AdapterError(
                "\(file.path): module \(module): factors \(first.shape) and \(second.shape), expected rank \(rank)")
        }
        var a = file.floats(first), b = file.floats(second)
        guard a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else {
            throw AdapterError("\(file.path): module \(module): a number that is not finite")
        }
        var inputs = first.shape[1], outputs = second.shape[0]
        if tensor == flippedTensor {
            // PEFT has A [rank, vocabulary] and B [hidden, rank] of an embedding.
            (a, b) = (
                transposed(b, rows: outputs, columns: rank), transposed(a, rows: rank, columns: inputs)
            )
            (inputs, outputs) = (outputs, inputs)
        }
        if let heads = layout.permutedHeads(ofTensor: tensor) {
            guard outputs.isMultiple(of: 2 * heads) else {
                throw AdapterError(
                    "\(file.path): module \(module): \(outputs) rows, expected \(heads) heads of even size")
            }
            b = PEFTLayout.permuted(b, rank: rank, heads: heads, isInverse: false)
        }
        return try LowRankPair(
            rank: rank, inputs: inputs, outputs: outputs, a: a, b: b,
            scale: configuration.scale(module: module, rank: rank))
    }
}
