import Foundation
import JSON
import Teachers

extension Escalation {
    /// Why the server is degraded; empty while escalation works.
    var complaints: [String] {
        let condition = condition
        var complaints: [String] = []
        if condition.isDown, let failure = condition.failure {
            let pause = condition.suspendedUntil.map { time in
                time > Date() ? "; it is left alone until \(time.ISO8601Format())" : "; the next request tries it again"
            }
            complaints.append(
                "escalation to \(model) fails (\(condition.failuresInRow) in a row): \(failure)\(pause ?? "")")
        }
        if let lack = condition.lackOfMoney, condition.money?.day == Budget.Window.day.start(at: Date()) {
            complaints.append("escalation to \(model) has no money left: \(lack)")
        }
        return complaints
    }

    /// What `/healthz` says of it.
    var health: JSONValue {
        let condition = condition
        let load = load
        let unescalated = condition.unescalated.map { (key: $0.key.rawValue, value: JSONValue.integer($0.value)) }
        return [
            "model": .string(model), "answered": .integer(condition.answered), "failed": .integer(condition.failed),
            "failing_since": condition.failingSince.map { .string($0.ISO8601Format()) } ?? .null,
            "failure": condition.failure.map(JSONValue.string) ?? .null,
            "suspended_until": condition.suspendedUntil.map { .string($0.ISO8601Format()) } ?? .null,
            "unescalated": .object(JSONObject(unescalated.sorted { $0.key < $1.key })),
            "abandoned": .integer(condition.abandoned), "active": .integer(load.active),
            "waiting": .integer(load.waiting),
            "budget": condition.money.map { money in
                // Of a day on which nothing was asked yet nothing is known but that.
                let today = Budget.Window.day.start(at: Date())
                return [
                    "usd": .number(money.limit.dollars),
                    "spent_usd": .number(money.day == today ? money.spent.dollars : 0),
                    "day": .string(String(today.ISO8601Format().prefix(10))),
                ]
            } ?? .null,
        ]
    }
}
