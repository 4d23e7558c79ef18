import Answering
import JSON
import Storage

/// Everything besides the request that an answer depends on, by digest: two answers under the same settings differ for no
/// other reason than what was asked, and what the frontier said.
struct ServingSettings: Sendable {
    let digest: ContentDigest

    init(_ version: ServedVersion, escalation: Escalation?) {
        func text(_ digest: ContentDigest?) -> JSONValue { digest.map { .string($0.description) } ?? .null }
        let content: JSONValue = [
            "artifact": text(version.artifact), "base": text(version.base), "template": text(version.template),
            "task": text(version.taskDigest),
            "threshold": version.task.map { .number($0.threshold) } ?? .null,
            "escalation": escalation.map { ["dialect": .string($0.dialect), "model": .string($0.model)] } ?? .null,
        ]
        digest = ContentDigest(of: content.serialized(.canonical))
    }
}
