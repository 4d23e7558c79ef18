import Foundation

/// Text for HTML and SVG.
enum Markup {
    /// A text with the characters escaped that markup gives a meaning.
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func percent(_ value: Double, digits: Int = 1) -> String {
        String(format: "%.\(digits)f", value * 100) + " %"
    }

    /// A share with its interval: `93.1 % 91.0–94.8`.
    static func percent(_ estimate: Estimate) -> String {
        percent(estimate.value) + " <span class=\"range\">"
            + String(format: "%.1f–%.1f", estimate.lower * 100, estimate.upper * 100) + "</span>"
    }

    /// A difference of shares in points: `+3.2`.
    static func points(_ value: Double) -> String {
        (value < 0 ? "−" : "+") + String(format: "%.1f", value.magnitude * 100)
    }

    /// A coordinate, to a tenth of a pixel.
    static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
