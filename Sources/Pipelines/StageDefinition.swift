import Storage

/// One stage of a pipeline: an executable, what it reads and what it leaves behind.
public struct StageDefinition: Sendable {
    public var name: String
    public var program: ProgramDefinition
    /// Stages before this one whose outputs it builds on.
    public var needs: [String]
    /// Files and folders whose content decides whether the stage must run again.
    public var reads: [String]
    /// Files and folders that must still be as the stage left them for it to be skipped.
    public var writes: [String]
    /// A program that runs while the stage does; its announcement is `${service.…}`.
    public var service: ProgramDefinition?

    init(_ section: ConfigurationSection, earlier: [String]) {
        name = section.string("name")
        if !PipelineDefinition.isName(name) {
            section.report("name", found: "'\(name)'", expected: "letters, digits, '-' and '_'")
        }
        if earlier.contains(name) { section.report("name", found: "'\(name)' twice", expected: "a name of its own") }
        if name == "service" { section.report("name", found: "'service'", expected: "another name") }
        program = ProgramDefinition(section)
        needs = section.strings("needs", default: [])
        for need in needs where !earlier.contains(need) {
            let allowed = earlier.isEmpty ? "nothing: it is the first" : earlier.joined(separator: ", ")
            section.report("needs", found: "'\(need)'", expected: "stages before this one (\(allowed))")
        }
        reads = section.strings("reads", default: [])
        writes = section.strings("writes", default: [])
        service = section.has("service") ? ProgramDefinition(section.section("service")) : nil
    }
}

/// An executable and its arguments, before substitution.
public struct ProgramDefinition: Sendable {
    /// A name, looked for beside `retort` and then on the PATH, or a path.
    public var run: String
    public var arguments: [String]

    init(_ section: ConfigurationSection) {
        run = section.string("run")
        arguments = section.strings("arguments", default: [])
    }
}
