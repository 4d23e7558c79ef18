import Foundation
import JSON
import PlainText
import Registry
import StageInterface
import Storage

/// What the subcommands share: opening the registry and reading what was typed.
extension StageCommand {
    func openRegistry() throws -> ReleaseRegistry { try ReleaseRegistry(workspace: try options.openWorkspace()) }

    func report(details: JSONValue) -> StageReport {
        var report = StageReport(stage: "retort-registry \(Self.commandName)")
        report.details = details
        return report
    }

    /// Who acts: the one named, else the user whose process this is.
    func actor(_ name: String?) throws -> String { try name.map { try words($0, as: "--by") } ?? NSUserName() }

    /// A text for the history, which prints it on one line.
    func words(_ text: String, as option: String) throws -> String {
        if let flaw = text.flawAsLine { throw StageFailure(.badInput, "\(option): \(flaw)") }
        return text
    }

    /// The alias that an option names, with or without its `@`.
    func alias(_ text: String) -> String { text.hasPrefix("@") ? String(text.dropFirst()) : text }

    func digest(_ text: String) throws -> ContentDigest {
        guard let digest = ContentDigest(text) else {
            throw StageFailure(.badInput, "digest: '\(text.prefix(80))', expected sha256: and 64 hexadecimal digits")
        }
        return digest
    }

    /// The versions that `NAME`, `NAME:VERSION` or `NAME@alias` stand for: all of a name, or the one.
    ///
    /// - Throws: `RegistryError` that lists what there is, where there is none.
    func versions(_ text: String?, _ registry: ReleaseRegistry) throws -> [RegistryVersion] {
        guard let text else { return try registry.versions() }
        guard !text.contains(where: { $0 == "@" || $0 == ":" }) else {
            return [try registry.resolve(try VersionSelector(text))]
        }
        let versions = try registry.versions(of: text)
        if versions.isEmpty { _ = try registry.resolve(try VersionSelector(name: text, version: 1)) }
        return versions
    }
}
