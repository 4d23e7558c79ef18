import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Registry
import Storage

/// `/v1/models`, `/v1/models/NAME` and `/healthz`.
struct InformationRoutes: Sendable {
    let catalog: ServingCatalog
    let queue: WorkQueue
    let connections: OpenConnections
    let escalation: Escalation?
    let decisionLog: DecisionLog?
    let startedAt: Date
    let admission: Admission

    var routes: [Route] {
        [
            Route(.get, "/v1/models") { _, _, _ in
                let models = catalog.models.map { json($0.id, $0.version) }
                return Response(json: ["object": "list", "data": .array(models)])
            },
            Route(.get, "/v1/models/*") { _, _, name in
                let version = try await Blocking.run { try catalog.version(for: name) }
                return Response(json: json(name, version), version: version)
            },
            // Open to all, so that a load balancer needs no key; what is served is for the owner, for clients are not
            // shown each other.
            Route(.get, "/healthz", isOpen: true) { request, _, _ in
                if admission.caller(of: request)?.seesAll == true { return Response(json: health) }
                return Response(json: ["status": health["status"] ?? .null])
            },
        ]
    }

    private func json(_ id: String, _ version: ServedVersion) -> JSONValue {
        [
            "id": .string(id), "object": "model", "created": .integer(Int(startedAt.timeIntervalSince1970)),
            "owned_by": "retort", "root": .string(version.name),
            "parent": version.adapter == nil ? nil : .string(catalog.base.name), "retort": .object(version.json),
        ]
    }

    /// `ok`, or `degraded` and why: while a version cannot be loaded, escalation does not work, or decisions are lost.
    /// What is loaded answers all the same.
    private var health: JSONValue {
        let slots = catalog.slots.map { slot -> JSONValue in
            let condition = slot.condition
            var object = slot.current.json
            object["alias"] = .string(slot.selector.description)
            object["loaded_at"] = .string(condition.loadedAt.ISO8601Format())
            object["swaps"] = .integer(condition.swaps)
            object["failure"] = condition.failure.map(JSONValue.string) ?? .null
            object["warnings"] = .array(slot.current.warnings.map(JSONValue.string))
            return .object(object)
        }
        let load = queue.load
        var reasons = catalog.slots.compactMap { slot in
            slot.condition.failure.map { "\(slot.selector) stays at an older version: \($0)" }
        }
        reasons += escalation?.complaints ?? []
        reasons += decisionLog?.complaints ?? []
        if let failure = admission.clients?.failure {
            reasons.append("clients and quotas stay as they were: \(failure)")
        }
        return [
            "status": reasons.isEmpty ? "ok" : "degraded", "reasons": .array(reasons.map(JSONValue.string)),
            "base": [
                "name": .string(catalog.base.name), "artifact": .string(catalog.base.artifact.description),
                "warnings": .array(catalog.base.warnings.map(JSONValue.string)),
            ],
            "models": .array(slots),
            "requests": ["active": .integer(load.active), "waiting": .integer(load.waiting)],
            "connections": [
                "open": .integer(connections.count), "most": .integer(connections.capacity),
                "displaced": .integer(connections.counts.displaced), "refused": .integer(connections.counts.refused),
            ],
            "escalation": escalation?.health ?? .null,
            "decisions": decisionLog?.health ?? .null,
            "clients": admission.clients.map { .array($0.accounts.map { $0.json() }) } ?? .null,
        ]
    }
}
