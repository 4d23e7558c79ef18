/// Finds the special tokens that are spelled out in a text, before anything else looks at it.
///
/// The longest token goes first, everywhere in the text, then the next longest in what is left between, and so on (not
/// the leftmost first). The reference searches the text once for each token; here a trie finds the longest token at each
/// place, and a shorter one at the same place gets its turn when a longer one was blocked.
struct SpecialTokenMatcher: Sendable {
    /// A part of a text: a special token, or plain text between them.
    enum Fragment {
        case token(TokenID, Range<Int>)
        case text(Range<Int>)
    }

    private struct Node: Sendable {
        /// The token that ends here, as an index into `tokens`, or -1.
        var token: Int32 = -1
        var edges: [(byte: UInt8, node: Int32)] = []
    }

    private struct Token: Sendable {
        let id: TokenID
        let length: Int
        let attributes: TokenAttributes
        /// The longest other token that this one begins with, as an index, or -1.
        var prefix: Int32 = -1
    }

    /// In the order of their turns: longest first, then by id.
    private var tokens: [Token] = []
    private var nodes: [Node] = [Node()]
    private var roots: [Int32] = Array(repeating: -1, count: 256)

    var isEmpty: Bool { tokens.isEmpty }

    init(vocabulary: Vocabulary, attributes wanted: TokenAttributes, excluding unwanted: TokenAttributes = []) {
        let ids = (0..<vocabulary.count).filter {
            !vocabulary.attributes[$0].isDisjoint(with: wanted) && vocabulary.attributes[$0].isDisjoint(with: unwanted)
        }.sorted { (vocabulary.text($0).count, $1) > (vocabulary.text($1).count, $0) }
        for id in ids {
            let text = vocabulary.text(id)
            let node = insert(text)
            nodes[node].token = Int32(tokens.count)
            tokens.append(Token(id: TokenID(id), length: text.count, attributes: vocabulary.attributes[id]))
        }
        for index in tokens.indices {
            tokens[index].prefix = longestPrefix(of: vocabulary.text(Int(tokens[index].id)))
        }
        for edge in nodes[0].edges { roots[Int(edge.byte)] = edge.node }
    }

    private mutating func insert(_ text: ArraySlice<UInt8>) -> Int {
        var node = 0
        for byte in text {
            if let edge = nodes[node].edges.first(where: { $0.byte == byte }) {
                node = Int(edge.node)
            } else {
                nodes[node].edges.append((byte, Int32(nodes.count)))
                node = nodes.count
                nodes.append(Node())
            }
        }
        return node
    }

    private func longestPrefix(of text: ArraySlice<UInt8>) -> Int32 {
        var node = 0
        var longest: Int32 = -1
        for byte in text.dropLast() {
            guard let edge = nodes[node].edges.first(where: { $0.byte == byte }) else { break }
            node = Int(edge.node)
            if nodes[node].token >= 0 { longest = nodes[node].token }
        }
        return longest
    }

    /// The longest token at a place, as an index, or -1.
    @inline(__always)
    private func longestToken(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int32 {
        var node = roots[Int(text[position])]
        var longest: Int32 = -1
        var place = position
        while node >= 0 {
            let current = nodes[Int(node)]
            if current.token >= 0 { longest = current.token }
            place += 1
            if place == text.count { break }
            node = current.edges.first { $0.byte == text[place] }?.node ?? -1
        }
        return longest
    }

    /// The text's parts, in order; parts of no length are left out.
    ///
    /// - Parameter plain: where a text holds what people wrote, in ascending order: no mark is found there.
    func fragments(of text: UnsafeBufferPointer<UInt8>, plain: PlainRanges? = nil) -> [Fragment] {
        let whole: [Fragment] = text.isEmpty ? [] : [.text(0..<text.count)]
        if isEmpty { return whole }
        // For each token, where its turn comes.
        var waiting: [Int32: [Int]] = [:]
        for position in 0..<text.count {
            let token = longestToken(text, at: position)
            if token >= 0 { waiting[token, default: []].append(position) }
        }
        if waiting.isEmpty { return whole }
        return fragments(text, taking: &waiting, plain)
    }

    private func fragments(
        _ text: UnsafeBufferPointer<UInt8>, taking waiting: inout [Int32: [Int]], _ plain: PlainRanges?
    ) -> [Fragment] {
        var isTaken = [Bool](repeating: false, count: text.count)
        var taken: [(token: TokenID, range: Range<Int>)] = []
        for index in Int32(0)..<Int32(tokens.count) {
            guard let positions = waiting.removeValue(forKey: index) else { continue }
            let token = tokens[Int(index)]
            for position in positions.sorted() where !isTaken[position] {
                let range = position..<(position + token.length)
                // What was taken before is at least as long, so that it covers an end of whatever it overlaps.
                if isTaken[range.upperBound - 1] || plain?.blocks(token.id, range) ?? false {
                    if token.prefix >= 0 { waiting[token.prefix, default: []].append(position) }
                    continue
                }
                var lower = range.lowerBound
                var upper = range.upperBound
                if token.attributes.contains(.stripsLeft) {
                    while lower > 0, !isTaken[lower - 1], SpecialTokenMatcher.isSpace(text[lower - 1]) { lower -= 1 }
                }
                if token.attributes.contains(.stripsRight) {
                    while upper < text.count, !isTaken[upper], SpecialTokenMatcher.isSpace(text[upper]) { upper += 1 }
                }
                for place in lower..<upper { isTaken[place] = true }
                taken.append((token.id, range))
            }
        }
        taken.sort { $0.range.lowerBound < $1.range.lowerBound }

        var fragments: [Fragment] = []
        func addText(_ range: Range<Int>) {
            // What is taken at either end is the white space that went with a token.
            var rest = range
            while let first = rest.first, isTaken[first] { rest.removeFirst() }
            while let last = rest.last, isTaken[last] { rest.removeLast() }
            if !rest.isEmpty { fragments.append(.text(rest)) }
        }
        var end = 0
        for (token, range) in taken {
            addText(end..<range.lowerBound)
            fragments.append(.token(token, range))
            end = range.upperBound
        }
        addText(end..<text.count)
        return fragments
    }

    /// White space as C's `isspace` sees it, byte by byte.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
