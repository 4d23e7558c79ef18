import Foundation
import GGUF
import JSON
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

    /// The files of PEFT's folder.
    static let configurationName = "adapter_config.json", weightsName = "adapter_model.safetensors"

    /// The digest by which an adapter on disk is named: of the GGUF file, or of the two files of PEFT's folder.
    public static func digest(ofFileAt path: String) throws -> ContentDigest {
        guard isPEFT(path) else { return try ContentDigest(ofFile: path) }
        try checkFolder(path)
        let files = [configurationName, weightsName]
        let lines = try files.map { "\($0)\t\(try ContentDigest(ofFile: "\(path)/\($0)"))\n" }
        return ContentDigest(of: "retort.peft/1\n" + lines.joined())
    }

    /// Reads PEFT's folder: `adapter_config.json` and `adapter_model.safetensors`.
    ///
    /// Every pair gets the scale that PEFT uses: patterns for ranks and alphas, and rank-stabilized scaling. Embeddings and
    /// output matrices that PEFT saved whole are kept apart: an adapter fits a base only where they are the base's.
    ///
    /// - Throws: ``AdapterError`` for a configuration that the GGUF form has no place for, a module that the architecture
    ///   does not have, two modules for one tensor, a factor without its partner, a rank other than the configuration's.
    public init(peft folder: String, layout: PEFTLayout) throws {
        try LowRankAdapter.checkFolder(folder)
        let configuration = try PEFTConfiguration(path: "\(folder)/\(LowRankAdapter.configurationName)")
        let file = try SafetensorsFile(path: "\(folder)/\(LowRankAdapter.weightsName)")
        var modules: [String: String] = [:]
        var tensors: [String: LowRankPair] = [:], whole: [String: WholeTensor] = [:]
        for (module, parts) in try LowRankAdapter.modules(file) {
            let tensor = try layout.tensor(ofModule: module, in: file.path)
            if let other = modules.updateValue(module, forKey: tensor) {
                throw AdapterError(
                    "\(file.path): modules \(other) and \(module): both change \(tensor), expected one module for it",
                    hint: "the adapter is of a model with several parts: save that of the text model alone")
            }
            if let tensorOfModule = parts.whole {
                whole[tensor] = try LowRankAdapter.wholeTensor(tensorOfModule, of: tensor, file)
                if parts.isWholeAlone { continue }
            }
            guard try configuration.isTarget(module) else {
                throw AdapterError(
                    "\(file.path): module \(module): not one that target_modules, exclude_modules and layers_to_transform "
                        + "leave, expected factors of those alone")
            }
            tensors[tensor] = try LowRankAdapter.pair(
                module, tensor, parts, file, configuration: configuration, layout: layout)
        }
        guard !tensors.isEmpty else { throw AdapterError("\(file.path): no factors, expected at least one pair") }
        var metadata = GGUFMetadata()
        metadata.set(LowRankAdapter.configurationKey, configuration.json.serialized())
        if let base = configuration.json["base_model_name_or_path"]?.stringValue, !base.isEmpty {
            metadata.set("general.base_model.count", .uint32(1))
            metadata.set("general.base_model.0.name", base)
        }
        // The alpha that most pairs have; the writer of the one-alpha form folds the others' scales into B.
        var votes: [Float: Int] = [:]
        for pair in tensors.values { votes[pair.scale * Float(pair.rank), default: 0] += 1 }
        let alpha = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? Float(configuration.alpha)
        self.init(
            architecture: layout.architecture, alpha: alpha, baseDigest: nil, tensors: tensors, metadata: metadata)
        wholeTensors = whole
    }

    /// Refuses a folder without the two files, and says what it has instead.
    private static func checkFolder(_ folder: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        guard names.contains(configurationName) else {
            let inner = names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(configurationName)") }
            throw AdapterError(
                "\(folder): no \(configurationName), expected an adapter's folder as PEFT writes it",
                hint: inner.isEmpty ? nil : "it has folders of adapters: \(inner.prefix(8).joined(separator: ", "))")
        }
        guard names.contains(weightsName) else {
            if names.contains("adapter_model.bin") {
                throw AdapterError(
                    "\(folder): adapter_model.bin, PyTorch's pickled form, expected \(weightsName)",
                    hint: "python3 -c 'import sys, torch; from safetensors.torch import save_file; "
                        + "save_file({k: v.contiguous() for k, v in torch.load(sys.argv[1] + \"/adapter_model.bin\", "
                        + "map_location=\"cpu\", weights_only=True).items()}, sys.argv[1] + \"/\(weightsName)\")' \(folder)"
                )
            }
            throw AdapterError("\(folder): no \(weightsName), expected it beside \(configurationName)")
        }
    }

    /// What a file has of one module.
    private struct Parts {
        var a: SafetensorsFile.Tensor?
        var b: SafetensorsFile.Tensor?
        /// Whether the factors are those of an embedding, which lie the other way round.
        var isEmbedding = false
        /// The matrix itself, and the name that the file has for it.
        var whole: (name: String, tensor: SafetensorsFile.Tensor)?
        var isWholeAlone: Bool { a == nil && b == nil }
    }

    private static func modules(_ file: SafetensorsFile) throws -> [(String, Parts)] {
        var modules: [String: Parts] = [:]
        for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
            func refuse(_ expected: String) -> AdapterError {
                AdapterError("\(file.path): tensor \(name): expected \(expected)")
            }
            guard name.hasPrefix(modulePrefix) else { throw refuse("a name that begins with \(modulePrefix)") }
            let rest = String(name.dropFirst(modulePrefix.count))
            func module(_ ends: String...) -> String? {
                ends.first(where: rest.hasSuffix).map { String(rest.dropLast($0.count)) }
            }
            func set(_ part: WritableKeyPath<Parts, SafetensorsFile.Tensor?>, of module: String) throws {
                guard modules[module, default: Parts()][keyPath: part] == nil else {
                    throw refuse("one factor of its kind")
                }
                modules[module, default: Parts()][keyPath: part] = tensor
                modules[module]?.isEmbedding = rest.contains(".lora_embedding_")
            }
            if let module = module(".lora_A.weight", ".lora_embedding_A") {
                try set(\.a, of: module)
            } else if let module = module(".lora_B.weight", ".lora_embedding_B") {
                try set(\.b, of: module)
            } else if !rest.contains(".lora_"), let module = module(".base_layer.weight", ".weight") {
                guard modules[module]?.whole == nil else { throw refuse("the matrix once") }
                modules[module, default: Parts()].whole = (name, tensor)
            } else {
                throw refuse("a factor lora_A or lora_B")
            }
        }
        return modules.sorted { $0.key < $1.key }
    }

    /// Only embeddings and the output matrix are saved along with their updates.
    private static func wholeTensor(
        _ whole: (name: String, tensor: SafetensorsFile.Tensor), of tensor: String, _ file: SafetensorsFile
    ) throws -> WholeTensor {
        let stored = whole.tensor
        guard tensor == flippedTensor || tensor == PEFTLayout.outputTensor, stored.shape.count == 2 else {
            throw AdapterError("\(file.path): tensor \(whole.name): a whole tensor, expected a factor lora_A or lora_B")
        }
        return WholeTensor(
            source: whole.name, dimensions: stored.shape.reversed(), rounded: { stored.type.rounded($0) },
            numbers: { file.floats(stored, rows: $0) })
    }

    private static func pair(
        _ module: String, _ tensor: String, _ parts: Parts, _ file: SafetensorsFile,
        configuration: PEFTConfiguration, layout: PEFTLayout
    ) throws -> LowRankPair {
        guard let first = parts.a, let second = parts.b else {
            let missing = parts.a == nil ? "lora_A" : "lora_B"
            throw AdapterError("\(file.path): module \(module): \(missing) missing, expected both factors")
        }
        guard parts.isEmbedding == (tensor == flippedTensor) else {
            throw AdapterError(
                "\(file.path): module \(module): factors of "
                    + (parts.isEmbedding
                        ? "an embedding, expected those of a matrix" : "a matrix, expected an embedding's"))
        }
        let rank = try configuration.rank(module: module)
        guard first.shape.count == 2, second.shape.count == 2, first.shape[0] == rank, second.shape[1] == rank else {
            throw AdapterError(
                "\(file.path): module \(module): factors \(first.shape) and \(second.shape), expected rank \(rank)")
        }
        var a = file.floats(first), b = file.floats(second)
        for (factor, numbers, columns) in [("lora_A", a, first.shape[1]), ("lora_B", b, rank)] {
            if let problem = LowRankPair.problem(numbers, columns: columns) {
                throw AdapterError("\(file.path): module \(module): \(factor): \(problem)")
            }
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
