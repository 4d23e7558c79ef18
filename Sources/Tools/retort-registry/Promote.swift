import ArgumentParser
import JSON
import Registry
import StageInterface

struct Promote: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Point an alias at a version. Refused (exit 3) without a passing evaluation, unless overridden.",
        discussion: "Example: retort-registry promote support-intent:3 --reason \"two points better on gold\"")

    @OptionGroup var options: StageOptions
    @Argument(help: "The version: NAME:VERSION, NAME@ALIAS, or the name with one of them behind it.") var name: String
    @Argument(help: "A version's number or @alias, where the name is given alone.") var version: String?
    @Option(help: "The alias that moves.") var alias = VersionSelector.defaultAlias
    @Option(help: "Who promotes. (default: the user's name)") var by: String?
    @Option(help: "Why; the history keeps it. Needed, unless --override says why.") var reason: String?
    @Option(help: "Promote without a passing evaluation, for this reason, which the history keeps.")
    var override: String?

    func validate() throws {
        if reason == nil, override == nil {
            throw ValidationError("Missing expected argument '--reason <reason>': why is it promoted?")
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        guard version != nil || name.contains(where: { $0 == ":" || $0 == "@" }) else {
            throw StageFailure(
                .badInput, "'\(name.prefix(120))': a name without a version, expected NAME:VERSION",
                hint: "list the versions: retort-registry list \(name.prefix(120))")
        }
        let reason = try reason.map { try words($0, as: "--reason") }
        let override = try override.map { try words($0, as: "--override") }
        let (alias, by) = (alias(alias), try actor(by))
        let chosen = try registry.resolve(try VersionSelector(name, version))
        let entry = try registry.promote(
            chosen.name, version: chosen.version, alias: alias, by: by, reason: reason, override: override)
        let target = "\(chosen.name)@\(alias)"
        if let entry {
            let old = entry.oldVersion.map { " (was \(chosen.name):\($0))" } ?? ""
            console.say("\(target) is now \(chosen.reference)\(old)")
        } else {
            console.say("\(target) is \(chosen.reference) already")
        }
        console.data(chosen.reference)
        var report = report(details: entry?.json ?? .null)
        report.outputs = ["alias": target, "version": chosen.reference]
        report.counts = ["moved": entry == nil ? 0 : 1]
        return report
    }
}
