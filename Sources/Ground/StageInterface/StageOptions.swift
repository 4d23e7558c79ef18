public import ArgumentParser
public import Storage

/// The options that every stage has.
public struct StageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder for the database, the content store and locks. (default: .retort)", valueName: "folder"))
    public var workspace: String?

    @Flag(help: "Print one JSON report on standard output instead of text.")
    public var json = false

    @Flag(help: "Say nothing but warnings and errors.")
    public var quiet = false

    @Flag(help: "Say more on standard error.")
    public var verbose = false

    public init() {}

    public func validate() throws {
        if workspace?.isEmpty ?? false { throw ValidationError("--workspace: '', expected a folder") }
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    /// Opens the workspace that was asked for, and warns of a place that cannot hold one safely.
    public func openWorkspace() throws -> Workspace {
        let opened = try Workspace(path: workspace ?? Workspace.defaultPath)
        if let warning = opened.warning { makeConsole().warn(warning) }
        return opened
    }

    /// What the person at the terminal gets to see.
    public func makeConsole() -> Console {
        Console(verbosity: quiet ? .quiet : verbose ? .verbose : .normal, printsData: !json)
    }
}
