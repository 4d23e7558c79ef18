/// An SVG picture, built element by element. Colors come from the page's classes, so that they follow its theme.
struct Drawing {
    let width: Double
    let height: Double
    private var elements: [String] = []

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    enum Anchor: String { case start, middle, end }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        element("line", [("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)], style)
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil,
        opacity: Double = 1, radius: Double = 0
    ) {
        let faded = opacity < 1 ? " fill-opacity=\"\(opacity)\"" : ""
        element(
            "rect", [("x", x), ("y", y), ("width", max(0, width)), ("height", max(0, height)), ("rx", radius)], style,
            title, faded)
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        element("circle", [("cx", x), ("cy", y), ("r", radius)], style, title)
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ style: String) {
        let places = points.map { "\(Markup.number($0.x)),\(Markup.number($0.y))" }
        elements.append("<polyline points=\"\(places.joined(separator: " "))\" class=\"\(style)\"/>")
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ style: String = "note",
        rotated: Double? = nil
    ) {
        let place = "\(Markup.number(x)) \(Markup.number(y))"
        let turn = rotated.map { " transform=\"rotate(\(Markup.number($0)) \(place))\"" } ?? ""
        let attributes = " text-anchor=\"\(anchor.rawValue)\"\(turn)"
        elements.append(
            "<text x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\" class=\"\(style)\"\(attributes)>"
                + "\(Markup.escape(text))</text>")
    }

    private mutating func element(
        _ name: String, _ numbers: [(String, Double)], _ style: String, _ title: String? = nil, _ more: String = ""
    ) {
        let attributes = numbers.map { " \($0.0)=\"\(Markup.number($0.1))\"" }.joined()
        let opening = "<\(name)\(attributes)\(more) class=\"\(style)\""
        elements.append(title.map { "\(opening)><title>\(Markup.escape($0))</title></\(name)>" } ?? "\(opening)/>")
    }

    /// The picture; `label` says what it shows to those who cannot see it.
    func svg(label: String) -> String {
        let size = "\(Markup.number(width)) \(Markup.number(height))"
        return "<svg viewBox=\"0 0 \(size)\" width=\"\(Markup.number(width))\" role=\"img\" "
            + "aria-label=\"\(Markup.escape(label))\">\(elements.joined())</svg>"
    }
}
