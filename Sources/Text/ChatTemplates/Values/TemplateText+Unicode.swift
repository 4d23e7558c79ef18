extension Unicode.Scalar {
    /// Whether Python's `str.isspace` holds for this code point alone.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Whether `str.splitlines` ends a line here.
    var isPythonLineEnd: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var isPythonAlphabetic: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isPythonNumeric: Bool { properties.numericType != nil }
    var isPythonDecimal: Bool { properties.numericType == .decimal }
    var isPythonDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

    /// Whether `repr` shows this code point as it is.
    var isPythonPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: value == 0x20
        default: true
        }
    }
}

/// Python's case mappings: Unicode's full ones, with the final sigma.
extension TemplateText {
    func uppercased() -> TemplateText { mapped { _, scalar in scalar.properties.uppercaseMapping } }

    func lowercased() -> TemplateText { mapped { place, _ in lowercase(at: place) } }

    func capitalized() -> TemplateText {
        mapped { place, scalar in place == 0 ? scalar.properties.titlecaseMapping : lowercase(at: place) }
    }

    /// `str.title`: a cased letter after one that is not cased begins a word.
    func titlecased() -> TemplateText {
        mapped { place, scalar in
            place > 0 && elements[place - 1].scalar.properties.isCased
                ? lowercase(at: place) : scalar.properties.titlecaseMapping
        }
    }

    func caseSwapped() -> TemplateText {
        mapped { place, scalar in
            if scalar.properties.isUppercase { return lowercase(at: place) }
            return scalar.properties.isLowercase ? scalar.properties.uppercaseMapping : String(scalar)
        }
    }

    /// Unicode's full case folding: the lower case of the upper case, but for Cherokee and the dotless i.
    func caseFolded() -> TemplateText {
        mapped { _, scalar in
            let upper = scalar.properties.uppercaseMapping
            switch scalar.value {
            case 0x131, 0x13A0...0x13F5: return String(scalar)
            case 0x13F8...0x13FD, 0xAB70...0xABBF: return upper
            default: return upper.unicodeScalars.map(\.properties.lowercaseMapping).joined()
            }
        }
    }

    private func mapped(_ mapping: (Int, Unicode.Scalar) -> String) -> TemplateText {
        var result: [TaggedScalar] = []
        result.reserveCapacity(count)
        for (place, element) in elements.enumerated() {
            for scalar in mapping(place, element.scalar).unicodeScalars {
                result.append(TaggedScalar(scalar: scalar, origin: element.origin))
            }
        }
        return TemplateText(result)
    }

    private func lowercase(at place: Int) -> String {
        let scalar = elements[place].scalar
        guard scalar == "Σ" else { return scalar.properties.lowercaseMapping }
        var before = place - 1
        while before >= 0, elements[before].scalar.properties.isCaseIgnorable { before -= 1 }
        guard before >= 0, elements[before].scalar.properties.isCased else { return "σ" }
        var after = place + 1
        while after < count, elements[after].scalar.properties.isCaseIgnorable { after += 1 }
        return after < count && elements[after].scalar.properties.isCased ? "σ" : "ς"
    }

    var isLowercase: Bool {
        var hasCased = false
        for element in elements {
            let properties = element.scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter { return false }
            if properties.isLowercase { hasCased = true }
        }
        return hasCased
    }

    var isUppercase: Bool {
        var hasCased = false
        for element in elements {
            let properties = element.scalar.properties
            if properties.isLowercase || properties.generalCategory == .titlecaseLetter { return false }
            if properties.isUppercase { hasCased = true }
        }
        return hasCased
    }

    var isTitlecase: Bool {
        var hasCased = false
        var previousIsCased = false
        for element in elements {
            let properties = element.scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if previousIsCased { return false }
                previousIsCased = true
                hasCased = true
            } else if properties.isLowercase {
                if !previousIsCased { return false }
                hasCased = true
            } else {
                previousIsCased = false
            }
        }
        return hasCased
    }

    func allSatisfy(_ holds: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && elements.allSatisfy { holds($0.scalar) }
    }
}
