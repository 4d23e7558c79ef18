/// One Unicode scalar of a text, and what it came from.
struct TaggedScalar: Sendable {
    var scalar: Unicode.Scalar
    /// The index of the message, ``TemplateText/toolsOrigin``, or ``TemplateText/noOrigin`` for the template's own.
    var origin: Int32
}

/// A text as Python has it, a sequence of code points, each of which remembers the message that it came from.
///
/// Swift's own `String` would count grapheme clusters and compare by canonical equivalence; templates slice and
/// compare by code point. The tag on every scalar is what makes provenance survive any operation for free.
struct TemplateText: Sendable {
    static let noOrigin: Int32 = -1
    /// Of what the description of a tool says.
    static let toolsOrigin = Int32.max

    var elements: [TaggedScalar]
    /// Whether this is HTML that a filter made: `Markup` to Python.
    var isMarkup = false

    init(_ elements: [TaggedScalar]) { self.elements = elements }
    init(_ elements: ArraySlice<TaggedScalar>) { self.elements = Array(elements) }
    init() { elements = [] }

    init(_ string: String, origin: Int32 = noOrigin) {
        elements = string.unicodeScalars.map { TaggedScalar(scalar: $0, origin: origin) }
    }

    init(_ scalar: Unicode.Scalar, origin: Int32 = noOrigin) {
        elements = [TaggedScalar(scalar: scalar, origin: origin)]
    }

    var count: Int { elements.count }
    var isEmpty: Bool { elements.isEmpty }

    var string: String {
        var view = String.UnicodeScalarView()
        for element in elements { view.append(element.scalar) }
        return String(view)
    }

    /// The same, with what has no tag yet as having come from there.
    func tagged(_ origin: Int32) -> TemplateText {
        guard origin != TemplateText.noOrigin else { return self }
        var text = self
        for place in text.elements.indices where text.elements[place].origin == TemplateText.noOrigin {
            text.elements[place].origin = origin
        }
        return text
    }

    /// The message that all tagged scalars came from, if it is one.
    var commonOrigin: Int32 {
        var found = TemplateText.noOrigin
        for element in elements where element.origin != TemplateText.noOrigin {
            if found == TemplateText.noOrigin { found = element.origin }
            if found != element.origin { return TemplateText.noOrigin }
        }
        return found
    }

    static func + (left: TemplateText, right: TemplateText) -> TemplateText {
        TemplateText(left.elements + right.elements)
    }

    /// The first place of `needle` at or after `start`, by code points; an empty needle is found at once.
    func firstIndex(of needle: TemplateText, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? count
        guard start <= end, needle.count <= end - start else { return nil }
        guard let first = needle.elements.first?.scalar else { return start }
        var place = start
        while place <= end - needle.count {
            if elements[place].scalar == first, matches(needle, at: place) { return place }
            place += 1
        }
        return nil
    }

    func lastIndex(of needle: TemplateText) -> Int? {
        var place = count - needle.count
        while place >= 0 {
            if matches(needle, at: place) { return place }
            place -= 1
        }
        return nil
    }

    func matches(_ needle: TemplateText, at place: Int) -> Bool {
        guard place >= 0, place + needle.count <= count else { return false }
        for offset in 0..<needle.count where elements[place + offset].scalar != needle.elements[offset].scalar {
            return false
        }
        return true
    }
}

extension TemplateText: Hashable, Comparable {
    static func == (left: TemplateText, right: TemplateText) -> Bool {
        left.count == right.count && left.matches(right, at: 0)
    }

    func hash(into hasher: inout Hasher) {
        for element in elements { hasher.combine(element.scalar.value) }
    }

    static func < (left: TemplateText, right: TemplateText) -> Bool {
        for (one, other) in zip(left.elements, right.elements) where one.scalar != other.scalar {
            return one.scalar < other.scalar
        }
        return left.count < right.count
    }
}

extension TemplateText: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self.init(value) }
}
