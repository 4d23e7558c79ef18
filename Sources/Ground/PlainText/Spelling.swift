/// Guesses what was meant by a misspelled word.
public enum Spelling {
    /// Words longer than this are not guessed at: nobody misspells so long a name, and comparing takes the product of
    /// both lengths.
    private static let longestWord = 64

    /// The candidate within two edits, or a third of the word's length, that is nearest; nil if none is near.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard word.utf8.count <= 4 * longestWord, word.count <= longestWord else { return nil }
        let limit = max(2, word.count / 3)
        let near = candidates.filter { abs($0.count - word.count) <= limit }
        let ranked = near.map { (candidate: $0, distance: distance(word, $0)) }
        return ranked.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.candidate
    }

    /// Levenshtein's distance: the fewest insertions, deletions and substitutions of characters.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left), right = Array(right)
        var previous = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let substitution = previous[column] + (character == other ? 0 : 1)
                current.append(min(substitution, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
