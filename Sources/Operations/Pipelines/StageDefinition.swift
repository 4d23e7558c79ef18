import Storage

/// One stage of a pipeline: an executable, what it reads and what it leaves behind.
public struct StageDefinition: Sendable {
    public var name: String
    public var program: ProgramDefinition
    /// Stages before this one whose outputs it builds on.
    public var needs: [StageNeed]
    /// Files and folders whose content decides whether the stage must run again.
    public var reads: [String]
    /// Files and folders that must still be as the stage left them for it to be skipped.
    public var writes: [String]
    /// A program that runs while the stage does; its announcement is `${service.…}`.
    public var service: ProgramDefinition?

    init(_ section: ConfigurationSection, earlier: [String]) {
        name = section.string("name")
        if section.has("name"), !PipelineDefinition.isName(name) {
            section.report("name", found: "'\(name)'", expected: "letters, digits, '-' and '_'")
        }
        if earlier.contains(name) { section.report("name", found: "'\(name)' twice", expected: "a name of its own") }
        if name == "service" { section.report("name", found: "'service'", expected: "another name") }
        program = ProgramDefinition(section)
        needs = section.strings("needs", default: []).map(StageNeed.init)
        for need in needs where !earlier.contains(need.stage) {
            let allowed = earlier.isEmpty ? "nothing: it is the first" : earlier.joined(separator: ", ")
            section.report("needs", found: "'\(need)'", expected: "stages before this one (\(allowed))")
        }
        reads = section.strings("reads", default: [])
        writes = section.strings("writes", default: [])
        let paths = PipelineDefinition.standing.map { "${\($0)}" }
        PipelineDefinition.checkReferences(section, "reads", reads, to: paths)
        PipelineDefinition.checkReferences(section, "writes", writes, to: paths)
        let needed = paths + Set(needs.map(\.stage)).sorted().map { "${\($0).…}" }
        if section.has("service") {
            let below = section.section("service")
            let service = ProgramDefinition(below)
            PipelineDefinition.checkReferences(below, "arguments", service.arguments, to: needed)
            self.service = service
        }
        PipelineDefinition.checkReferences(
            section, "arguments", program.arguments, to: needed + (service == nil ? [] : ["${service.…}"]))
    }
}

/// What a stage builds on: all outputs of a stage before it, or one of them.
public struct StageNeed: Sendable, Hashable, CustomStringConvertible {
    public var stage: String
    /// nil for all.
    public var output: String?

    /// Reads `curate`, or `curate.train` for one output.
    init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        stage = parts.first.map(String.init) ?? ""
        output = parts.count > 1 ? String(parts[1]) : nil
    }

    public var description: String { stage + (output.map { ".\($0)" } ?? "") }
}

/// An executable and its arguments, before substitution.
public struct ProgramDefinition: Sendable {
    /// A name, looked for beside `retort` and then on the PATH, or a path.
    public var run: String
    public var arguments: [String]

    init(_ section: ConfigurationSection) {
        run = section.string("run")
        // One text would be one argument, whatever spaces stand in it.
        arguments = section.strings("arguments", default: [], takesOne: false)
    }

    /// Whether it is one of ours, which take the options that every stage has.
    var isOfRetort: Bool { (run.split(separator: "/").last ?? "").hasPrefix("retort-") }
}
