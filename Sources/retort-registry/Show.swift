import ArgumentParser
import Conversations
import Registry
import StageInterface
import Storage

struct Show: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One version: what it is, what it was made from, and where its file lies.")

    @OptionGroup var options: StageOptions
    @Argument(help: "The name.") var name: String
    @Argument(help: "A version's number or @alias; by default @production.") var which = "@production"

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let selector = try VersionSelector(which.hasPrefix("@") ? name + which : "\(name):\(which)")
        let version = try gated { try registry.resolve(selector) }
        let aliases = try registry.aliases(of: name).filter { $0.version == version.version }.map(\.alias)
        var record = version.json.objectValue ?? JSONObject()
        record["aliases"] = .array(aliases.map(JSONValue.string))
        record["path"] = .string(registry.store.path(of: version.artifact))
        for member in record.members {
            let value = member.value.stringValue ?? member.value.serialized()
            console.data("\(member.key): \(value)")
        }
        var report = report(details: .object(record))
        report.outputs = ["version": version.reference, "artifact": version.artifact.description]
        return report
    }
}
