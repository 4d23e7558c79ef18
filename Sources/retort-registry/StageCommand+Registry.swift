import Conversations
import Foundation
import Registry
import StageInterface
import Storage

/// What the subcommands share: opening the registry, and turning its refusals into exit statuses.
extension StageCommand {
    func openRegistry() throws -> ReleaseRegistry { try ReleaseRegistry(workspace: try options.openWorkspace()) }

    func report(details: JSONValue) -> StageReport {
        var report = StageReport(stage: "retort-registry \(Self.commandName)")
        report.details = details
        return report
    }

    /// Who acts: the one named, else the user whose process this is.
    func actor(_ name: String?) -> String { name ?? NSUserName() }

    func digest(_ text: String) throws -> ContentDigest {
        guard let digest = ContentDigest(text) else {
            throw StageFailure(.badInput, "digest: '\(text.prefix(80))', expected sha256: and 64 hexadecimal digits")
        }
        return digest
    }

    /// Runs `body`; a gate that refuses, and damage, end with exit status 3.
    func gated<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as RegistryError where error.kind != .input {
            throw StageFailure(.refused, error.description, hint: error.hint)
        }
    }
}
