import Foundation
import Registry
import Storage
import Tasks

/// Finds the task that a version answers: the version's own, which its registration names by digest.
struct ServedTasks: Sendable {
    /// Those of the command line, for versions that name none.
    let given: [TaskDefinition]
    let store: ContentStore
    let warn: @Sendable (String) -> Void

    /// - Throws: ``ServingError`` for a version whose task is nowhere to be found: with another one its answers would be
    ///   other labels, and as sure of themselves.
    func task(of record: RegistryVersion) throws -> TaskDefinition? {
        let named = given.first { $0.name == record.name }
        guard let digest = record.task else { return named }
        if let own = try stored(digest) ?? given.first(where: { $0.digest == digest }) {
            let rival = given.first { $0.name == own.name } ?? named
            if let rival, rival.digest != own.digest {
                warn(
                    "\(record.reference) is answered with its own task \(short(own.digest)), not with --task "
                        + "\(rival.name) \(short(rival.digest)), which differs; only --threshold overrides a version's task"
                )
            }
            return own
        }
        let found = named.map { "the task '\($0.name)' of --task has digest \($0.digest)" } ?? "no --task has it"
        throw ServingError(
            "its task \(digest) is not in the content store, and \(found), expected the task that it was made for",
            hint: "serve with --task and that very task.yaml, or register the version again with --task")
    }

    private func stored(_ digest: ContentDigest) throws -> TaskDefinition? {
        guard store.contains(digest) else { return nil }
        let text = String(decoding: try store.data(of: digest), as: UTF8.self)
        return try TaskDefinition(yaml: text, path: store.path(of: digest))
    }

    private func short(_ digest: ContentDigest) -> String { "sha256:\(digest.short)" }
}
