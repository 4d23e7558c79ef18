import Foundation
public import JSON

/// Losses and learning rate over the steps of a run, as an SVG picture without scripts or outside files.
public struct LossCurve: Sendable {
    private var losses: [(step: Double, value: Double)] = []
    private var validation: [(step: Double, value: Double)] = []
    private var rates: [(step: Double, value: Double)] = []

    /// - Parameter metrics: the lines of ``MetricsLog``.
    public init(_ metrics: [JSONValue]) {
        for line in metrics {
            guard let step = line["step"]?.doubleValue, let loss = line["loss"]?.doubleValue, loss.isFinite else {
                continue
            }
            if line["kind"]?.stringValue == "validation" {
                validation.append((step, loss))
            } else {
                losses.append((step, loss))
                if let rate = line["learning_rate"]?.doubleValue { rates.append((step, rate)) }
            }
        }
    }

    private let width = 760.0, height = 240.0, margin = 64.0

    /// Two panels: training and validation loss, and the learning rate.
    public var svg: String {
        let last = max(1, losses.last?.step ?? 1)
        let top = max(losses.map(\.value).max() ?? 1, validation.map(\.value).max() ?? 0)
        let topRate = max(rates.map(\.value).max() ?? 1, 1e-12)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(2 * height))" \
            font-family="sans-serif" font-size="12" role="img" aria-label="loss and learning rate by step">
            <rect width="100%" height="100%" fill="white"/>

            """
        text += frame(0, title: "loss (nats a token): training, smoothed, validation", top: top, last: last)
        text += line(losses, 0, top, last, "stroke=\"#b8c4d6\" stroke-width=\"1\"")
        text += line(smoothed, 0, top, last, "stroke=\"#20558a\" stroke-width=\"2\"")
        text += line(validation, 0, top, last, "stroke=\"#c2501f\" stroke-width=\"2\"")
        for point in validation {
            let (x, y) = place(point, 0, top, last)
            text += "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"3\" fill=\"#c2501f\"/>\n"
        }
        text += frame(height, title: "learning rate", top: topRate, last: last)
        text += line(rates, height, topRate, last, "stroke=\"#3f7f3f\" stroke-width=\"2\"")
        return text + "</svg>\n"
    }

    /// Means over a twentieth of the run, as much before a step as after it: a mean of what came before alone would lag by
    /// half of that. Towards both ends the part becomes smaller.
    package var smoothed: [(step: Double, value: Double)] {
        losses.indices.map { index in
            let reach = min(losses.count / 40, index, losses.count - 1 - index)
            let part = losses[index - reach...index + reach]
            return (losses[index].step, part.reduce(0) { $0 + $1.value } / Double(part.count))
        }
    }

    private func frame(_ y: Double, title: String, top: Double, last: Double) -> String {
        let bottom = y + height - margin / 2
        var text = "<text x=\"\(number(margin))\" y=\"\(number(y + 16))\">\(title)</text>\n"
        for part in [0.0, 0.25, 0.5, 0.75, 1] {
            let line = bottom - part * (height - margin)
            text += "<path d=\"M\(number(margin)) \(number(line))H\(number(width - 16))\" stroke=\"#e3e3e3\"/>\n"
            text += "<text x=\"\(number(margin - 6))\" y=\"\(number(line + 4))\" text-anchor=\"end\">"
            text += "\(String(format: "%.3g", part * top))</text>\n"
            let x = margin + part * (width - margin - 16)
            text += "<text x=\"\(number(x))\" y=\"\(number(bottom + 16))\" text-anchor=\"middle\">"
            text += "\(Int(part * last))</text>\n"
        }
        return text
    }

    private func line(
        _ points: [(step: Double, value: Double)], _ y: Double, _ top: Double, _ last: Double, _ style: String
    ) -> String {
        guard !points.isEmpty else { return "" }
        let places = points.map { point in
            let (x, y) = place(point, y, top, last)
            return "\(number(x)) \(number(y))"
        }
        return "<path d=\"M\(places.joined(separator: "L"))\" fill=\"none\" \(style)/>\n"
    }

    private func place(
        _ point: (step: Double, value: Double), _ y: Double, _ top: Double, _ last: Double
    ) -> (Double, Double) {
        (
            margin + point.step / last * (width - margin - 16),
            y + height - margin / 2 - point.value / top * (height - margin)
        )
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
