public import GGUF

/// Which tensor gets which type in a file of some type: `llama-quantize`'s choice (`llama-quant.cpp`, MIT).
///
/// Vectors and norms stay as they are. The mixtures spend more bits on the output matrix, on attention values and on
/// some layers' `ffn_down`; how many depends on the place in the order of layers, so that tensors are visited in the
/// reference's order: by layer, then by name.
public struct TensorTypeChoice: Sendable {
    private let fileType: FileType
    private let hasImportance: Bool
    private let architecture: String
    private let layerCount: Int
    private let expertCount: Int
    /// Query heads per key-value head.
    private let groupSize: Int
    private let isTied: Bool
    /// The 70B models share each value head among eight query heads: their small value matrices get more bits.
    private let is70B: Bool
    private let valueCount: Int
    private var valuesSeen = 0
    private var downsSeen = 0

    /// The type of each tensor by name.
    ///
    /// - Throws: ``QuantizationError`` where a file type needs an importance matrix and there is none; `GGUFError` where
    ///   the model's metadata has a wrong type.
    public static func types(
        for tensors: [GGUFTensorInfo], of metadata: GGUFMetadata, fileType: FileType, hasImportance: Bool
    ) throws -> [String: GGMLType] {
        var choice = try TensorTypeChoice(tensors, metadata, fileType, hasImportance)
        var types: [String: GGMLType] = [:]
        for tensor in inOrder(tensors) {
            let type = TensorRole.mayChangeType(tensor) ? try choice.next(tensor) : tensor.type
            types[tensor.name] = type
        }
        return types
    }

    /// Tensors in the order in which the reference visits and writes them: by layer, then by name.
    public static func inOrder(_ tensors: [GGUFTensorInfo]) -> [GGUFTensorInfo] {
        tensors.sorted { left, right in
            let (a, b) = (layer(of: left.name) ?? -1, layer(of: right.name) ?? -1)
            return a != b ? a < b : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    private init(
        _ tensors: [GGUFTensorInfo], _ metadata: GGUFMetadata, _ fileType: FileType, _ hasImportance: Bool
    ) throws {
        self.fileType = fileType
        self.hasImportance = hasImportance
        let architecture = try metadata.optionalString("general.architecture") ?? ""
        func count(_ key: String) throws -> Int? {
            let key = "\(architecture).\(key)"
            // Heads may differ by layer; the first stands for all.
            if metadata[key]?.array != nil { return try metadata.integers(key).first }
            return try metadata.optionalInteger(key)
        }
        self.architecture = architecture
        layerCount = try count("block_count") ?? 0
        expertCount = try count("expert_count") ?? 0
        let heads = try count("attention.head_count") ?? 1
        let valueHeads = try count("attention.head_count_kv") ?? heads
        groupSize = valueHeads > 0 ? heads / valueHeads : 1
        isTied = !tensors.contains { TensorRole(name: $0.name) == .output }
        is70B = layerCount == 80 && (architecture == "qwen2" || architecture == "llama" && heads != valueHeads)
        valueCount = tensors.count { TensorRole(name: $0.name) == .attentionValue }
    }

    /// The type of the next matrix in the order of ``inOrder(_:)``.
    private mutating func next(_ tensor: GGUFTensorInfo) throws -> GGMLType {
        // Plain numbers of any width fit every shape.
        guard !fileType.tensorType.isPlain else { return fileType.tensorType }
        let role = TensorRole(name: tensor.name)
        var type = fileType.tensorType
        switch role {
        case .output: type = outputType(tensor)
        case .tokenEmbedding: if isTied { type = outputType(tensor) }
        case .attentionValue: type = nextValueType()
        case .attentionKey: if expertCount == 8 { type = .q8_0 }
        case .feedForwardDown: type = try nextDownType(tensor.name)
        case .attentionOutput: type = attentionOutputType
        case .attentionQuery, .other: break
        }
        if type == .q2_K, fileType == .q2_K_S, !hasImportance, role != .output, role != .tokenEmbedding {
            throw QuantizationError(
                "cannot quantize to \(fileType.name): tensor \"\(tensor.name)\" needs an importance matrix",
                hint: "give one with --imatrix, or choose Q2_K")
        }
        return fitting(tensor, type)
    }

    private func outputType(_ tensor: GGUFTensorInfo) -> GGMLType {
        let type = fileType.tensorType
        if architecture == "falcon" || !tensor.rowLength.isMultiple(of: type.blockLength) { return .q8_0 }
        return type == .q8_0 ? .q8_0 : .q6_K
    }

    /// The first and last eighth of the layers and every third between.
    private func getsMoreBits(_ index: Int, of count: Int) -> Bool {
        index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
    }

    private mutating func nextValueType() -> GGMLType {
        defer { valuesSeen += 1 }
        var type = fileType.tensorType
        switch fileType {
        case .q2_K: type = groupSize >= 4 ? .q4_K : .q3_K
        case .q2_K_S: if groupSize >= 4 { type = .q4_K }
        case .q3_K_M: type = valuesSeen < 2 ? .q5_K : .q4_K
        case .q3_K_L: type = .q5_K
        case .iq4_nl, .iq4_xs: if groupSize >= 4 { type = .q5_K }
        case .q4_K_M, .q5_K_M: if getsMoreBits(valuesSeen, of: valueCount) { type = .q6_K }
        case .q4_K_S: if valuesSeen < 4 { type = .q5_K }
        default: break
        }
        if is70B, type == .q3_K || type == .q4_K { type = .q5_K }
        return expertCount == 8 ? .q8_0 : type
    }

    private mutating func nextDownType(_ name: String) throws -> GGMLType {
        defer { downsSeen += 1 }
        // Experts are not in the order of layers; their names say the layer.
        let layer = expertCount > 1 ? Self.layer(of: name) ?? downsSeen : downsSeen
        let isFalcon = architecture == "falcon"
        let isEarly = layer < layerCount / 8
        switch fileType {
        case .q2_K: return .q3_K
        case .q2_K_S: return isEarly ? .q4_K : .q2_K
        case .q3_K_M:
            if layer < layerCount / 16 { return .q5_K }
            return !isFalcon || getsMoreBits(layer, of: layerCount) ? .q4_K : .q3_K
        case .q3_K_L: return isFalcon ? .q4_K : .q5_K
        case .q4_K_M:
            if isFalcon {
                if layer < layerCount / 16 { return .q6_K }
                return getsMoreBits(layer, of: layerCount) ? .q5_K : .q4_K
            }
            return getsMoreBits(layer, of: layerCount) ? .q6_K : .q4_K
        case .q5_K_M: return getsMoreBits(layer, of: layerCount) ? .q6_K : .q5_K
        case .q4_K_S: return !isFalcon && isEarly ? .q5_K : .q4_K
        case .iq4_nl, .iq4_xs: return isEarly && !hasImportance ? .q5_K : fileType.tensorType
        case .q4_0: return isEarly && hasImportance ? .q4_1 : .q4_0
        case .q5_0: return isEarly && hasImportance ? .q5_1 : .q5_0
        default: return fileType.tensorType
        }
    }

    private var attentionOutputType: GGMLType {
        let type = fileType.tensorType
        if architecture == "falcon" { return fileType == .q3_K_L ? .q4_K : type }
        if expertCount == 8 {
            let raised: [FileType] = [.q2_K, .q3_K_S, .q3_K_M, .iq4_nl, .q4_K_S, .q4_K_M, .iq4_xs]
            return raised.contains(fileType) ? .q5_K : type
        }
        return switch fileType {
        case .q2_K: .q3_K
        case .q3_K_M: .q4_K
        case .q3_K_L: .q5_K
        default: type
        }
    }

    /// The type, or one of smaller blocks where rows are no multiple of its block length.
    private func fitting(_ tensor: GGUFTensorInfo, _ type: GGMLType) -> GGMLType {
        func fits(_ type: GGMLType) -> Bool { tensor.rowLength.isMultiple(of: type.blockLength) }
        guard !fits(type) else { return type }
        let smaller: GGMLType =
            switch type {
            case .iq4_xs: .iq4_nl
            case .q2_K, .q3_K: .q4_0
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            default: .f16
            }
        return fits(smaller) ? smaller : .f16
    }

    /// The number in `blk.7.…`.
    private static func layer(of name: String) -> Int? {
        guard name.hasPrefix("blk.") else { return nil }
        return Int(name.dropFirst(4).prefix { $0 != "." })
    }
}
