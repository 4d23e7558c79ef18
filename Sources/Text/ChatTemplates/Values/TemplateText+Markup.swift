/// HTML that filters `safe` and `escape` made, as markupsafe 3 has it: text that meets it is escaped.
extension TemplateText {
    /// These characters, marked as HTML or as plain text.
    func marked(_ isMarkup: Bool = true) -> TemplateText {
        var text = self
        text.isMarkup = isMarkup
        return text
    }

    /// With HTML's own characters as entities; markup stays as it is.
    var escaped: TemplateText {
        if isMarkup { return self }
        var result: [TaggedScalar] = []
        result.reserveCapacity(count)
        for element in elements {
            let entity: TemplateText
            switch element.scalar {
            case "&": entity = "&amp;"
            case "<": entity = "&lt;"
            case ">": entity = "&gt;"
            case "'": entity = "&#39;"
            case "\"": entity = "&#34;"
            default:
                result.append(element)
                continue
            }
            result += entity.elements.map { TaggedScalar(scalar: $0.scalar, origin: element.origin) }
        }
        return TemplateText(result).marked()
    }

    /// Without comments and tags, white space as single spaces, and the usual entities as characters.
    var withoutTags: TemplateText {
        var kept: [TaggedScalar] = []
        var place = 0
        while let start = firstIndex(of: "<", from: place) {
            let isComment = matches("<!--", at: start)
            let mark: TemplateText = isComment ? "-->" : ">"
            guard let end = firstIndex(of: mark, from: start + (isComment ? 4 : 1)) else { break }
            kept += elements[place..<start]
            place = end + mark.count
        }
        kept += elements[place...]
        return TemplateText.joined(TemplateText(kept).splitAtSpace(limit: -1), by: " ").unescaped
    }

    /// With numbered entities, and the named ones that escaping makes, as the characters that they stand for.
    private var unescaped: TemplateText {
        guard firstIndex(of: "&") != nil else { return self }
        let names: [String: Unicode.Scalar] = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
            "AMP": "&", "LT": "<", "GT": ">", "QUOT": "\"",
        ]
        var result: [TaggedScalar] = []
        var place = 0
        while place < count {
            let element = elements[place]
            place += 1
            // The longest name is short: an ampersand far from its semicolon stands for itself.
            guard element.scalar == "&", let end = firstIndex(of: ";", from: place, to: min(count, place + 10)) else {
                result.append(element)
                continue
            }
            let name = TemplateText(elements[place..<end]).string
            let isHexadecimal = name.hasPrefix("#x") || name.hasPrefix("#X")
            let number =
                name.hasPrefix("#")
                ? UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10) : nil
            if let scalar = names[name] ?? number.flatMap({ Unicode.Scalar($0) }) {
                result.append(TaggedScalar(scalar: scalar, origin: element.origin))
                place = end + 1
            } else {
                result.append(element)
            }
        }
        return TemplateText(result)
    }
}

extension TemplateValue {
    /// This with its texts as markup: what a method of markup returns.
    var withMarkedTexts: TemplateValue {
        switch self {
        case .text(let text): .text(text.marked())
        case .sequence(let sequence):
            .sequence(TemplateSequence(sequence.kind, sequence.elements.map(\.withMarkedTexts)))
        default: self
        }
    }
}
