public import Architectures
public import ChatTemplates
import Foundation
public import GGUF
import Quantization
public import Storage
import Synchronization
public import Tensors
public import Tokenizers

/// A base model on disk: memory-mapped weights, its architecture, its tokenizer and its chat template.
///
/// Opening one reads the header and checks that every tensor that a pass needs is there with the right shape; weights
/// are paged in as they are touched and stay in the file's own types. The first weight that is asked for has all of them
/// looked through for numbers that are infinite or not a number, ``checkNumbers()``.
public final class Checkpoint: Sendable {
    public let path: String
    public let file: GGUFFile
    public let architecture: DecoderArchitecture
    /// The chat template in place of the file's own, where one was chosen.
    public let chosenTemplate: ChatTemplate?
    /// How that was chosen: a built-in one's name, or a file's without its folder.
    public let chosenTemplateName: String?
    private let lazy = Mutex(Lazy())

    /// What costs time and that not every user of a checkpoint needs, made once.
    private struct Lazy {
        var tokenizer: Tokenizer?
        var template: ChatTemplate?
        var digest: ContentDigest?
        /// What is wrong with the numbers, once they were looked through.
        var numbers: Result<Void, CheckpointError>?
    }

    /// Opens a model.
    ///
    /// - Parameter template: a chat template in place of the file's own: a built-in one's name, or a Jinja file. Whoever
    ///   trains with one evaluates and serves with the same; an adapter remembers which.
    /// - Throws: `GGUFError` for a file that is not a whole GGUF, ``CheckpointError`` for an architecture that is not
    ///   supported or a tensor that is missing, unknown or of the wrong shape or type.
    public init(path: String, template: String? = nil) throws {
        self.path = path
        chosenTemplate = try template.map { try ChatTemplate(chosen: $0) }
        chosenTemplateName = template.map { URL(filePath: $0).lastPathComponent }
        file = try GGUFFile(path: path)
        architecture = try DecoderArchitecture(file: file)
        try checkTensors()
        try checkVocabulary()
    }

    /// The tokenizer of the model's own vocabulary, made at the first use.
    public var tokenizer: Tokenizer {
        get throws {
            try lazy.withLock { lazy in
                if let tokenizer = lazy.tokenizer { return tokenizer }
                let tokenizer = try Tokenizer(metadata: file.metadata)
                lazy.tokenizer = tokenizer
                return tokenizer
            }
        }
    }

    /// The chosen chat template or the model's own, parsed at the first use; an error where it has none or it cannot be
    /// rendered.
    public var template: ChatTemplate {
        get throws {
            if let chosenTemplate { return chosenTemplate }
            return try lazy.withLock { lazy in
                if let template = lazy.template { return template }
                let template = try ChatTemplate(metadata: file.metadata)
                lazy.template = template
                return template
            }
        }
    }

    /// The digest of the text of ``template``; nil where there is none.
    public var templateDigest: ContentDigest? {
        get throws {
            let own = chosenTemplate == nil ? try file.metadata.optionalString("tokenizer.chat_template") : nil
            return (chosenTemplate?.source ?? own).map { ContentDigest(of: $0) }
        }
    }

    /// The digest of the model's tensors, computed at the first use by reading all of them.
    public func digest() throws -> ContentDigest {
        try lazy.withLock { lazy in
            if let digest = lazy.digest { return digest }
            let digest = try TensorDigest.digest(of: file)
            lazy.digest = digest
            return digest
        }
    }

    /// Looks through all tensors for a number that is infinite or not a number, once.
    ///
    /// - Throws: ``CheckpointError`` that names the tensor, the row and the column.
    public func checkNumbers() throws {
        try lazy.withLock { lazy in
            if let known = lazy.numbers { return try known.get() }
            let found = NumberScan.firstNotFinite(in: file, tensors: file.tensors)
            let result: Result<Void, CheckpointError> =
                if let found {
                    .failure(
                        CheckpointError(
                            "\(path): \(found)",
                            hint: "the file is damaged, or was made from a model that was: copy or convert it again"))
                } else { .success(()) }
            lazy.numbers = result
            try result.get()
        }
    }

    /// Bytes of all tensors, as they lie in the file.
    public var tensorByteCount: Int { file.tensors.reduce(0) { $0 + file.bytes(of: $1).count } }

    // MARK: Weights

    /// A matrix in the file's own type; `rows` are outputs and `columns` are inputs.
    public func matrix(_ name: String) throws -> FrozenMatrix {
        let tensor = try tensor(name, dimensions: 2)
        return try FrozenMatrix(
            rows: tensor.dimensions[1], columns: tensor.dimensions[0], type: tensor.type,
            bytes: file.bytes(of: tensor), owner: file)
    }

    /// A vector (a norm's weights, a bias), as floats.
    public func vector(_ name: String) throws -> [Float] {
        let tensor = try tensor(name, dimensions: 1)
        let row = try FrozenMatrix(
            rows: 1, columns: tensor.dimensions[0], type: tensor.type, bytes: file.bytes(of: tensor), owner: file)
        return [Float](unsafeUninitializedCapacity: tensor.dimensions[0]) { buffer, count in
            // A vector has at least one element, so the buffer has a base.
            if let base = buffer.baseAddress { row.copyRow(0, into: base) }
            count = tensor.dimensions[0]
        }
    }

    private func tensor(_ name: String, dimensions: Int) throws -> GGUFTensorInfo {
        guard let tensor = file.tensor(name) else {
            throw CheckpointError("\(path): tensor \(name): missing")
        }
        guard tensor.dimensions.count == dimensions else {
            throw CheckpointError("\(path): tensor \(name): dimensions \(tensor.dimensions), expected \(dimensions)")
        }
        try checkNumbers()
        return tensor
    }
}
