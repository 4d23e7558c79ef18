extension JSONDocument {
    /// What a reader would have to decide for the one who wrote the text; nil where there is nothing. Where a text is taught,
    /// measured or answered, which of two values was meant, or which character, nobody can tell.
    public var doubt: String? {
        if repeatedKeys > 0 { return "a key twice in one object, expected it once" }
        if loneHalves > 0 { return "half a surrogate pair, expected whole characters" }
        return nil
    }
}
