extension StringProtocol {
    /// Whether nothing of the text shows: white space of any kind, and characters that are never seen (zero-width
    /// spaces, marks of direction and of byte order, control characters).
    public var isBlank: Bool {
        unicodeScalars.allSatisfy { scalar in
            let properties = scalar.properties
            return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
                || properties.generalCategory == .control || properties.generalCategory == .format
        }
    }
}
