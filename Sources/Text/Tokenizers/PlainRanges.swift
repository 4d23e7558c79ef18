/// Where a text holds what people wrote, and which tokens may not be found there.
///
/// A mark is a token that a template writes to say something of the conversation: whose turn begins, that it ends. Spelled
/// out in a message it is text like any other. User-defined tokens that end nothing are no marks: they are a vocabulary's
/// spelling of text.
struct PlainRanges {
    /// In ascending order, none overlapping another.
    let ranges: [Range<Int>]
    /// For each token, whether it is a mark.
    let marks: [Bool]

    func isMark(_ id: TokenID) -> Bool { marks[Int(id)] }

    /// Whether a token found in these bytes is a mark that is not the template's own from its first byte to its last.
    func blocks(_ id: TokenID, _ found: Range<Int>) -> Bool {
        guard isMark(id) else { return false }
        // The first range that ends behind where the token begins.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= found.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound < found.upperBound
    }
}
