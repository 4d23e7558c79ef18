/// Python's `strip`, `split`, `splitlines` and `replace`.
extension TemplateText {
    enum Side { case left, right, both }

    /// Removes white space, or any of the given characters, from the ends.
    func stripped(_ side: Side, _ characters: TemplateText? = nil) -> TemplateText {
        let set = characters.map { Set($0.elements.map(\.scalar)) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
        var start = 0
        var end = count
        if side != .right { while start < end, isStripped(elements[start].scalar) { start += 1 } }
        if side != .left { while end > start, isStripped(elements[end - 1].scalar) { end -= 1 } }
        return start == 0 && end == count ? self : TemplateText(elements[start..<end])
    }

    /// Splits at a separator that is not empty; `limit` below 0 means no limit.
    func split(at separator: TemplateText, limit: Int) -> [TemplateText] {
        var parts: [TemplateText] = []
        var start = 0
        while limit < 0 || parts.count < limit, let place = firstIndex(of: separator, from: start) {
            parts.append(TemplateText(elements[start..<place]))
            start = place + separator.count
        }
        parts.append(TemplateText(elements[start...]))
        return parts
    }

    func splitFromRight(at separator: TemplateText, limit: Int) -> [TemplateText] {
        var parts: [TemplateText] = []
        var rest = self
        while limit < 0 || parts.count < limit, let place = rest.lastIndex(of: separator) {
            parts.append(TemplateText(rest.elements[(place + separator.count)...]))
            rest = TemplateText(rest.elements[..<place])
        }
        parts.append(rest)
        return parts.reversed()
    }

    /// Splits at runs of white space; what is empty is dropped.
    func splitAtSpace(limit: Int, fromRight: Bool = false) -> [TemplateText] {
        if fromRight {
            let turned = TemplateText(elements.reversed()).splitAtSpace(limit: limit)
            return turned.reversed().map { TemplateText($0.elements.reversed()) }
        }
        var parts: [TemplateText] = []
        var place = 0
        while true {
            while place < count, elements[place].scalar.isPythonSpace { place += 1 }
            guard place < count else { return parts }
            if limit >= 0, parts.count == limit {
                parts.append(TemplateText(elements[place...]))
                return parts
            }
            let start = place
            while place < count, !elements[place].scalar.isPythonSpace { place += 1 }
            parts.append(TemplateText(elements[start..<place]))
        }
    }

    func lines(keepingEnds: Bool = false) -> [TemplateText] {
        var lines: [TemplateText] = []
        var start = 0
        var place = 0
        while place < count {
            guard elements[place].scalar.isPythonLineEnd else {
                place += 1
                continue
            }
            let end = place
            place += elements[place].scalar == "\r" && place + 1 < count && elements[place + 1].scalar == "\n" ? 2 : 1
            lines.append(TemplateText(elements[start..<(keepingEnds ? place : end)]))
            start = place
        }
        if start < count { lines.append(TemplateText(elements[start...])) }
        return lines
    }

    /// Replaces up to `limit` occurrences (all, when it is below 0); an empty `old` stands between all characters.
    func replacing(_ old: TemplateText, with new: TemplateText, limit: Int = -1) -> TemplateText {
        if old.isEmpty {
            var result: [TaggedScalar] = []
            var replaced = 0
            for place in 0...count {
                if limit < 0 || replaced < limit {
                    result += new.elements
                    replaced += 1
                }
                if place < count { result.append(elements[place]) }
            }
            return TemplateText(result)
        }
        let parts = split(at: old, limit: limit)
        return parts.count == 1 ? self : TemplateText.joined(parts, by: new)
    }

    /// Spaces up to the next column that is a multiple of `width`, in place of each tab.
    func expandingTabs(_ width: Int) -> TemplateText {
        var result: [TaggedScalar] = []
        var column = 0
        for element in elements {
            if element.scalar == "\t" {
                let spaces = width > 0 ? width - column % width : 0
                result += Array(repeating: TaggedScalar(scalar: " ", origin: element.origin), count: spaces)
                column += spaces
            } else {
                result.append(element)
                column = element.scalar == "\n" || element.scalar == "\r" ? 0 : column + 1
            }
        }
        return TemplateText(result)
    }

    static func joined(_ parts: [TemplateText], by separator: TemplateText) -> TemplateText {
        var result: [TaggedScalar] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { result += separator.elements }
            result += part.elements
        }
        return TemplateText(result)
    }
}
