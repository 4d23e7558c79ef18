import Foundation
public import JSON
import Storage

/// The page that a run leaves for people: curves, recipe and figures in one HTML file.
public struct TrainingReport: Sendable {
    public var title: String
    /// What the tables show, in order.
    public var facts: [(name: String, value: String)]
    public var recipe: JSONValue
    public var metrics: [JSONValue]

    public init(title: String, facts: [(name: String, value: String)], recipe: JSONValue, metrics: [JSONValue]) {
        self.title = title
        self.facts = facts
        self.recipe = recipe
        self.metrics = metrics
    }

    /// Writes `report.html` and `loss.svg` into a directory.
    public func write(to directory: String) throws {
        let svg = LossCurve(metrics).svg
        try AtomicFile.write(svg, to: directory + "/loss.svg")
        try AtomicFile.write(html(svg), to: directory + "/report.html")
    }

    private func html(_ svg: String) -> String {
        let rows = facts.map { "<tr><th>\(escape($0.name))</th><td>\(escape($0.value))</td></tr>" }
        let keys = (recipe.objectValue?.members ?? []).map {
            "<tr><th>\(escape($0.key))</th><td>\(escape($0.value.serialized()))</td></tr>"
        }
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(escape(title))</title>
            <style>body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
            th{text-align:left;padding-right:2rem;font-weight:normal;color:#555}td{font-family:monospace}</style>
            </head><body><h1>\(escape(title))</h1>
            \(svg)
            <h2>Run</h2><table>\(rows.joined(separator: "\n"))</table>
            <h2>Recipe</h2><table>\(keys.joined(separator: "\n"))</table>
            </body></html>

            """
    }

    private func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
