import PlainText
import Storage
import Testing
import TestSupport

@Suite struct BoundedExpressionTests {
    @Test func itLooksAnywhereOrAtAll() throws {
        let found = try BoundedExpression("b+")
        #expect(try found.matches("abbc"))
        #expect(try !found.matches("ac"))
        #expect(try !found.matches(""))
        #expect(try BoundedExpression("^b").matches("b\na"))
        #expect(try !BoundedExpression("^b").matches("a\nb"))
        #expect(try BoundedExpression("x|y").matches("ay"))
        #expect(try BoundedExpression("Ü", ignoresCase: true).matches("aü"))
        let whole = try BoundedExpression("a|ab", isAnchored: true)
        #expect(try whole.matches("ab"))
        #expect(try !whole.matches("abc"))
        #expect(try !whole.matches("ab\n"))
    }

    @Test(arguments: ["(", "a)(b", "[", "*", "a{2,1}"])
    func whatIsNoExpressionIsRefused(pattern: String) {
        #expect(throws: (any Error).self) { try BoundedExpression(pattern) }
    }

    /// Without a bound the first takes 2⁶⁰ steps.
    @Test(arguments: ["(a+)+$", "(a|aa)+$", "(a*)*b", "((a*)*)*b", "(a|a)*$", "^(a?){60}a{60}$", "(.*a){20}b"])
    func hostileOnesAreGivenUp(pattern: String) throws {
        let text = String(repeating: "a", count: 59) + "!"
        for isAnchored in [false, true] {
            let expression = try BoundedExpression(pattern, isAnchored: isAnchored)
            let start = processorTime()
            // Some are decided at once, none is found.
            if case .success(let isFound) = Result(catching: { try expression.matches(text) }) { #expect(!isFound) }
            #expect(processorTime() - start < 20)
        }
        #expect(throws: BoundedExpression.TooManySteps.self) { try BoundedExpression("(a+)+$").matches(text) }
    }

    @Test(arguments: ["\\bneedle\\b", "(?:red|green|blue)\\s+needle", "[0-9]{3}-[a-z]+$", "needle.*found"])
    func longTextsAreSearchedToTheirEnd(pattern: String) throws {
        let text = String(repeating: "Some words, 12 of them in a line.\n", count: 30_000)
        #expect(try !BoundedExpression(pattern).matches(text))
        #expect(try BoundedExpression("\\bneedle\\b").matches(text + "needle"))
    }
}
