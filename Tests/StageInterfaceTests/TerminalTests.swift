import StageInterface
import Testing

@Suite struct TerminalTests {
    @Test(arguments: [
        ("step 1/9  loss 2.5  3 min left", 40, "step 1/9  loss 2.5  3 min left"),
        ("step 1/9  loss 2.5  3 min left", 25, "step 1/9  loss 2.5"),
        ("step 1/9  loss 2.5  3 min left", 9, "step 1/9"), ("step 1/9  loss 2.5", 7, "step 1…"), ("abc", 0, ""),
        ("日本語の名前", 12, "日本語の名前"), ("日本語の名前", 8, "日本語…"), ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
        ("a\u{1B}[2Jb\nc", 40, "a [2Jb c"),
    ])
    func aTextIsFittedIntoColumns(text: String, columns: Int, expected: String) {
        #expect(text.fitted(to: columns) == expected)
    }
}
