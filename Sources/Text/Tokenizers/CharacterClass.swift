/// What a pre-tokenizer's pattern asks of a character: its general category's first letter, and whether it is space.
struct CharacterClass: OptionSet, Sendable {
    let rawValue: UInt8

    /// `\p{L}`
    static let letter = CharacterClass(rawValue: 1 << 0)
    /// `\p{N}`
    static let number = CharacterClass(rawValue: 1 << 1)
    /// `\p{M}`
    static let mark = CharacterClass(rawValue: 1 << 2)
    /// `\p{P}`
    static let punctuation = CharacterClass(rawValue: 1 << 3)
    /// `\p{S}`
    static let symbol = CharacterClass(rawValue: 1 << 4)
    /// `\s`
    static let space = CharacterClass(rawValue: 1 << 5)
    /// Control, format, private, unassigned.
    static let other = CharacterClass(rawValue: 1 << 6)

    @inline(__always)
    init(rawValue: UInt8) { self.rawValue = rawValue }

    @inline(__always)
    func meets(_ classes: CharacterClass) -> Bool { rawValue & classes.rawValue != 0 }

    /// The class of a character.
    @inline(__always)
    static func of(_ scalar: UInt32) -> CharacterClass {
        scalar < 0x10000 ? CharacterClass(rawValue: basicPlane[Int(scalar)]) : lookedUp(scalar)
    }

    /// The classes of the basic multilingual plane, looked up once: the standard library searches for a property.
    private static let basicPlane: [UInt8] = (0..<0x10000).map { lookedUp($0).rawValue }

    /// The Unicode version whose categories the reference uses; what came later counts as unassigned.
    private static let newestAge: Unicode.Version = (major: 15, minor: 1)

    /// The class of a character as the standard library finds it: some 100 ns.
    static func lookedUp(_ scalar: UInt32) -> CharacterClass {
        guard let scalar = Unicode.Scalar(scalar) else { return .other }
        let properties = scalar.properties
        if properties.isWhitespace { return .space }
        guard let age = properties.age, age <= newestAge else { return .other }
        return switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        case .nonspacingMark, .spacingMark, .enclosingMark: .mark
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            .punctuation
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: .space
        case .control, .format, .surrogate, .privateUse, .unassigned: .other
        @unknown default: .other
        }
    }
}
