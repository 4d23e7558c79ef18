import PlainText
import StageInterface
import Testing

@Suite struct ConsoleTests {
    @Test(arguments: [
        ("plain words", "plain words"), ("a\tb", "a\tb"), ("a\nerror: b", "a\\nerror: b"), ("a\r\nb", "a\\r\\nb"),
        ("\u{1B}[2Jred", "\\u{1B}[2Jred"), ("\u{9B}31m", "\\u{9B}31m"), ("a\u{202E}b", "a\\u{202E}b"),
        ("a\u{2028}b", "a\\u{2028}b"), ("\u{7F}", "\\u{7F}"), ("日本 👩‍💻 é", "日本 👩‍💻 é"),
    ])
    func whatIsPrintedSteersNoTerminal(text: String, shown: String) { #expect(text.escaped() == shown) }

    @Test func tablesKeepTheirLines() {
        #expect("a\n\u{1B}b\n".escaped(keepingLines: true) == "a\n\\u{1B}b\n")
    }

    @Test(arguments: [
        ("two words", String?.none), ("", "empty, expected words"), (" \u{200B}\u{A0}", "empty, expected words"),
        ("a\nb", "a control character or a line break, expected one line of text"),
        ("a\tb", "a control character or a line break, expected one line of text"),
        ("a\u{2029}b", "a control character or a line break, expected one line of text"),
    ])
    func aLineOfWords(text: String, flaw: String?) { #expect(text.flawAsLine == flaw) }
}
