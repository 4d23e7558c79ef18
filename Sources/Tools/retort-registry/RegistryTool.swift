import ArgumentParser
import StageInterface

/// Versions of adapters, the aliases that point at them, and the history of both.
@main
struct RegistryTool: RootCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-registry",
        abstract: "Register artifacts, promote and roll back aliases, show and verify the history.",
        discussion: "Example: retort-registry promote support-intent 3 --reason \"better on returns\"",
        version: retortVersion,
        subcommands: [
            Register.self, List.self, Show.self, Explain.self, Promote.self, Rollback.self, History.self, Verify.self,
            Accept.self,
        ])
}
