public import JSON
import PlainText
import Storage

/// What a person wrote in a pipeline file: stages in the order in which they run, and what to show at the end.
///
/// `Documentation/Formats/Pipeline.md` describes the file.
public struct PipelineDefinition: Sendable {
    /// The file.
    public let path: String
    public var name: String
    /// The workspace that every stage gets.
    public var workspace: String
    /// The workspace that the file names.
    public let ownWorkspace: String
    public var stages: [StageDefinition]
    public var summary: SummaryDefinition?

    /// What every text of a stage may refer to.
    static let standing = ["workspace", "pipeline"]

    /// Reads a pipeline file strictly; all its problems are thrown together.
    public init(path: String) throws { try self.init(file: ConfigurationFile(path: path)) }

    /// The JSON Schema of a pipeline file.
    public static func schema() throws -> JSONValue {
        try ConfigurationFile.schema(title: "pipeline") { _ = try PipelineDefinition(file: $0) }
    }

    private init(file: ConfigurationFile) throws {
        path = file.path
        let root = file.root
        name = root.string("name")
        if root.has("name"), !PipelineDefinition.isName(name) {
            root.report("name", found: "'\(name)'", expected: "letters, digits, '-' and '_'")
        }
        workspace = root.string("workspace", default: Workspace.defaultPath)
        ownWorkspace = workspace
        if workspace.isEmpty || workspace.hasPrefix("~") {
            // An empty one would be the root of the file system, and nobody replaces a tilde here.
            root.report("workspace", found: "'\(workspace)'", expected: "a path: .retort, ../runs, /srv/retort")
        }
        if workspace.contains("$") {
            root.report("workspace", found: "'\(workspace)'", expected: "a path in which nothing is replaced")
        }
        var stages: [StageDefinition] = []
        for section in root.sections("stages") {
            stages.append(StageDefinition(section, earlier: stages.map(\.name)))
        }
        if stages.isEmpty, root.has("stages") { root.report("stages", found: "none", expected: "one or more") }
        self.stages = stages
        summary = root.has("summary") ? SummaryDefinition(root.section("summary"), stages: stages.map(\.name)) : nil
        try file.finish()
    }

    /// Reports every reference in some texts to what cannot be known there.
    ///
    /// - Parameter allowed: as they are written; one that ends with `….}` stands for all keys of a stage.
    static func checkReferences(
        _ section: ConfigurationSection, _ key: String, _ texts: [String], to allowed: [String]
    ) {
        for text in texts {
            do {
                for name in try Substitution.references(in: text, place: key) {
                    let stage = name.split(separator: ".", maxSplits: 1).first.map { "${\($0).…}" } ?? ""
                    if !allowed.contains("${\(name)}"), !(name.contains(".") && allowed.contains(stage)) {
                        section.report(key, found: "'${\(name)}'", expected: allowed.joined(separator: ", "))
                    }
                }
            } catch {
                section.report(key, found: "a '$' alone", expected: "${name}, or $$ for the character")
            }
        }
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// The stage of a name; an unknown name is an error with a guess at what was meant.
    public func stage(_ name: String) throws -> StageDefinition {
        if let stage = stages.first(where: { $0.name == name }) { return stage }
        let names = stages.map(\.name)
        let guess = Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
        throw StorageError(
            .input, "stage '\(name)': unknown, expected one of \(names.joined(separator: ", "))", hint: guess)
    }
}
