/// What the field calls "clean up tokenization spaces": ` .` becomes `.`, ` 's` becomes `'s`.
///
/// Three passes over the bytes, as the reference has them (it leaves alone some contractions that the original of this
/// idea, in the transformers library, joins).
enum SpaceCleanup {
    private static let space = UInt8(ascii: " ")
    private static let apostrophe = UInt8(ascii: "'")

    static func clean(_ text: [UInt8]) -> [UInt8] {
        joinContractions(joinLoneApostrophes(joinPunctuation(text)))
    }

    /// ` ?`, ` !`, ` .`, ` ,` lose their space.
    private static func joinPunctuation(_ text: [UInt8]) -> [UInt8] {
        rewrite(text) { index, result in
            let byte = text[index]
            if "?!.,".utf8.contains(byte), text[index - 1] == space { result.removeLast() }
            return 1
        }
    }

    /// ` ' ` loses both spaces.
    private static func joinLoneApostrophes(_ text: [UInt8]) -> [UInt8] {
        var removed = -1
        return rewrite(text) { index, result in
            guard text[index] == apostrophe, text[index - 1] == space, removed != index - 1,
                index + 1 < text.count, text[index + 1] == space
            else { return 1 }
            result.removeLast()
            removed = index + 1
            return 2
        }
    }

    /// ` 's`, ` 'm`, ` 're`, ` 've` lose their space.
    private static func joinContractions(_ text: [UInt8]) -> [UInt8] {
        rewrite(text) { index, result in
            if text[index] == apostrophe, text[index - 1] == space {
                let rest = text[(index + 1)...].prefix(2)
                if let first = rest.first,
                    "sm".utf8.contains(first) || rest.elementsEqual("re".utf8)
                        || rest.elementsEqual("ve".utf8)
                {
                    result.removeLast()
                }
            }
            return 1
        }
    }

    /// Copies a text; from its second byte on, `adjust` may take back what was copied last, and says how many bytes of
    /// the text the byte at the index takes up.
    private static func rewrite(_ text: [UInt8], _ adjust: (Int, inout [UInt8]) -> Int) -> [UInt8] {
        guard let first = text.first else { return text }
        var result = [first]
        result.reserveCapacity(text.count)
        var index = 1
        while index < text.count {
            let width = adjust(index, &result)
            result.append(text[index])
            index += width
        }
        return result
    }
}
