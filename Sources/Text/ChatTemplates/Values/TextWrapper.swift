/// Python's `textwrap` as the filter `wordwrap` uses it: tabs and odd white space stay, white space at a break goes.
struct TextWrapper {
    let width: Int
    let breaksLongWords: Bool
    let breaksOnHyphens: Bool

    /// The lines of one paragraph; none for white space alone.
    func lines(of text: TemplateText) -> [TemplateText] {
        var lines: [TemplateText] = []
        var line: [ArraySlice<TaggedScalar>] = []
        var length = 0
        func dropSpace() {
            if let last = line.last, TextWrapper.isSpace(last) {
                length -= last.count
                line.removeLast()
            }
        }
        func finish() {
            dropSpace()
            if !line.isEmpty { lines.append(TemplateText(Array(line.joined()))) }
            (line, length) = ([], 0)
        }
        for var chunk in chunks(of: text.elements[...]) {
            while !chunk.isEmpty {
                if line.isEmpty, !lines.isEmpty, TextWrapper.isSpace(chunk) { break }
                if length + chunk.count <= width {
                    line.append(chunk)
                    length += chunk.count
                    break
                }
                if chunk.count > width {
                    var room = max(0, width - length)
                    if breaksLongWords {
                        // A hyphen within the room is a better place to break than its end.
                        if breaksOnHyphens, chunk.count > room,
                            let hyphen = chunk.prefix(room).lastIndex(where: { $0.scalar == "-" }),
                            chunk[..<hyphen].contains(where: { $0.scalar != "-" })
                        {
                            room = hyphen + 1 - chunk.startIndex
                        }
                        line.append(chunk.prefix(room))
                        length += room
                        chunk = chunk.dropFirst(room)
                    } else if line.isEmpty {
                        line.append(chunk)
                        chunk = []
                    }
                }
                finish()
            }
        }
        finish()
        return lines
    }

    private static func isSpace(_ chunk: ArraySlice<TaggedScalar>) -> Bool { chunk.allSatisfy(\.scalar.isPythonSpace) }

    /// The parts that are never broken: runs of white space, words, and the parts of words up to a hyphen or a dash.
    private func chunks(of text: ArraySlice<TaggedScalar>) -> [ArraySlice<TaggedScalar>] {
        var chunks: [ArraySlice<TaggedScalar>] = []
        var place = text.startIndex
        while place < text.endIndex {
            let start = place
            if TextWrapper.isBreak(text[place].scalar) {
                while place < text.endIndex, TextWrapper.isBreak(text[place].scalar) { place += 1 }
            } else if breaksOnHyphens, let end = dash(text, at: place) {
                place = end
            } else {
                repeat {
                    place += 1
                } while place < text.endIndex && !TextWrapper.isBreak(text[place].scalar)
                    && !(breaksOnHyphens
                        && (endsAtHyphen(text, from: start, at: place) || dash(text, at: place) != nil))
            }
            chunks.append(text[start..<place])
        }
        return chunks
    }

    /// The white space that the pattern of `textwrap` knows.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        "\t\n\u{0B}\u{0C}\r ".unicodeScalars.contains(scalar)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isPythonAlphabetic || scalar.isPythonNumeric
    }

    /// A character of a word that is no digit, which `textwrap` takes for a letter.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { isWord(scalar) && !scalar.isPythonDecimal }

    /// The end of two hyphens or more that stand between words, if they begin here.
    private func dash(_ text: ArraySlice<TaggedScalar>, at place: Int) -> Int? {
        guard place > text.startIndex, text[place].scalar == "-" else { return nil }
        let before = text[place - 1].scalar
        guard TextWrapper.isWord(before) || "!\"'&.,?".unicodeScalars.contains(before) else { return nil }
        var end = place
        while end < text.endIndex, text[end].scalar == "-" { end += 1 }
        guard end - place >= 2, end < text.endIndex, TextWrapper.isWord(text[end].scalar) else { return nil }
        return end
    }

    /// Whether a part of a word that begins at `start` may end here, after a hyphen between letters.
    private func endsAtHyphen(_ text: ArraySlice<TaggedScalar>, from start: Int, at place: Int) -> Bool {
        func isLetter(_ place: Int) -> Bool {
            text.indices.contains(place) && TextWrapper.isLetter(text[place].scalar)
        }
        guard place - 1 > start, text[place - 1].scalar == "-" else { return false }
        let followsLetters =
            isLetter(place - 2)
            && (isLetter(place - 3)
                || (place - 4 >= text.startIndex && text[place - 3].scalar == "-" && isLetter(place - 4)))
        guard followsLetters, isLetter(place) else { return false }
        return isLetter(place + 1)
            || (text.indices.contains(place + 1) && text[place + 1].scalar == "-" && isLetter(place + 2))
    }
}
