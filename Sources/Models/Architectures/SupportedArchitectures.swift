public import GGUF
import PlainText
import Storage

extension DecoderArchitecture {
    /// Every architecture that can be trained and served, by its name in `general.architecture`.
    private static let descriptions: [String: @Sendable (ArchitectureReader) throws -> DecoderArchitecture] = [
        "llama": llama,
        "qwen2": qwen2,
        "qwen3": qwen3,
        "gemma": gemma,
        "gemma2": gemma2,
        "gemma3": gemma3,
        "phi3": phi3,
    ]

    /// The names of the supported architectures, sorted.
    public static var supportedNames: [String] { descriptions.keys.sorted() }

    /// Reads the architecture of a model.
    ///
    /// - Throws: ``ArchitectureError`` if the architecture is not supported, or if a key is missing or out of range.
    public init(file: GGUFFile) throws {
        let name = try file.metadata.string("general.architecture")
        guard let describe = DecoderArchitecture.descriptions[name] else {
            let guess = Spelling.nearest(to: name, among: DecoderArchitecture.supportedNames)
            throw ArchitectureError(
                "\(file.path): general.architecture: '\(name)' is not supported, expected one of "
                    + DecoderArchitecture.supportedNames.joined(separator: ", "),
                hint: guess.map { "the nearest supported one is \($0)" })
        }
        let type = try file.metadata.optionalString("general.type") ?? "model"
        guard type == "model" else {
            throw ArchitectureError("\(file.path): general.type: '\(type)', expected 'model'")
        }
        self = try describe(ArchitectureReader(file: file, name: name))
    }
}
