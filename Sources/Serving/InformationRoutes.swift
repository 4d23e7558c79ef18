import Conversations
import Foundation
import HTTPTypes
import Hummingbird
import Registry
import Storage

/// `/v1/models`, `/v1/models/NAME` and `/healthz`.
struct InformationRoutes: Sendable {
    let catalog: ServingCatalog
    let queue: WorkQueue
    let decisionLog: DecisionLog?
    let startedAt: Date
    let key: AccessKey?

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
            // Open to all, so that a load balancer needs no key; what is served is for those who have it.
            Route(.get, "/healthz", isOpen: true) { request, _, _ in
                guard let key, !key.admits(authorization: request.headers[.authorization]) else {
                    return Response(json: health)
                }
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

    /// `ok`, or `degraded` while a version cannot be loaded or decisions are lost; what is loaded answers all the same.
    private var health: JSONValue {
        let slots = catalog.slots.map { slot -> (json: JSONValue, isWell: Bool) in
            let condition = slot.condition
            var object = slot.current.json
            object["alias"] = .string(slot.selector.description)
            object["loaded_at"] = .string(condition.loadedAt.ISO8601Format())
            object["swaps"] = .integer(condition.swaps)
            object["failure"] = condition.failure.map(JSONValue.string) ?? .null
            return (.object(object), condition.failure == nil)
        }
        let load = queue.load
        let counts = decisionLog?.counts
        let isWell = slots.allSatisfy(\.isWell) && (counts?.lost ?? 0) == 0
        return [
            "status": isWell ? "ok" : "degraded",
            "base": ["name": .string(catalog.base.name), "artifact": .string(catalog.base.artifact.description)],
            "models": .array(slots.map(\.json)),
            "requests": ["active": .integer(load.active), "waiting": .integer(load.waiting)],
            "decisions": counts.map { ["written": .integer($0.written), "lost": .integer($0.lost)] } ?? .null,
        ]
    }
}
