import Foundation
import JSON

/// An evaluation's figures as they are printed.
enum Figure {
    /// Four digits after the point: `0.9133`.
    static func text(_ value: Double) -> String { String(format: "%.4f", value) }

    static func json(_ figures: [(name: String, value: Double)]) -> JSONValue {
        .object(JSONObject(figures.map { (key: $0.name, value: .number($0.value)) }))
    }
}
