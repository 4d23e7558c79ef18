/// Runs of one kind of characters, perhaps with white space before them; what is between them is a piece, too.
struct CharacterRun: Sendable {
    enum Leading: Sendable {
        case none
        /// ` ?`
        case plainSpace
        /// `\s?`
        case anySpace
    }

    let set: CharacterSet
    let minimum: Int
    let maximum: Int
    let leading: Leading

    init(_ set: CharacterSet, minimum: Int = 1, maximum: Int = .max, leading: Leading = .none) {
        self.set = set
        self.minimum = minimum
        self.maximum = maximum
        self.leading = leading
    }

    func cut(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        var unmatched = window.start
        var position = window.start
        while position < window.end {
            let (scalar, classes, length) = window.character(position)
            let leads: Bool =
                switch leading {
                case .none: false
                case .plainSpace: scalar == 0x20
                case .anySpace: classes.meets(.space)
                }
            var end = leads ? self.end(window, from: position + length) : nil
            if end == nil, set.contains(scalar, classes) { end = self.end(window, from: position) }
            guard let end else {
                position += length
                continue
            }
            if unmatched < position { body(unmatched..<position) }
            body(position..<end)
            position = end
            unmatched = end
        }
        if unmatched < window.end { body(unmatched..<window.end) }
    }

    /// Where the run that begins here ends, or nil when it is too short.
    private func end(_ window: TextWindow, from start: Int) -> Int? {
        var place = start
        var count = 0
        while count < maximum, place < window.end {
            let (scalar, classes, length) = window.character(place)
            if !set.contains(scalar, classes) { break }
            place += length
            count += 1
        }
        return count >= minimum ? place : nil
    }
}
