/// What kind of token one is; the bits of llama.cpp's token attributes that matter for text.
struct TokenAttributes: OptionSet, Sendable {
    let rawValue: UInt8

    static let normal = TokenAttributes(rawValue: 1 << 0)
    static let unknown = TokenAttributes(rawValue: 1 << 1)
    static let control = TokenAttributes(rawValue: 1 << 2)
    static let userDefined = TokenAttributes(rawValue: 1 << 3)
    static let byte = TokenAttributes(rawValue: 1 << 4)
    /// White space to the left, or to the right, of this token in a text goes with it.
    static let stripsLeft = TokenAttributes(rawValue: 1 << 5)
    static let stripsRight = TokenAttributes(rawValue: 1 << 6)

    /// Not shown unless special tokens are asked for, and not found in a text unless they are.
    static let hidden: TokenAttributes = [.unknown, .control]
    /// Found in a text before anything else is.
    static let special: TokenAttributes = [.unknown, .control, .userDefined]

    /// From `tokenizer.ggml.token_type`; the types 0 (undefined) and 5 (unused) have no bit.
    init(tokenType: Int) {
        self =
            switch tokenType {
            case 1: .normal
            case 2: .unknown
            case 3: .control
            case 4: .userDefined
            case 6: .byte
            default: []
            }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
}
