import Conversations
import JSON
import PlainText
import Testing

@Suite struct JSONValueTests {
    @Test func keepsTheOrderOfKeysAndTheKindOfNumbers() throws {
        let text = #"{"b":1,"a":1.0,"c":[true,null,-0.5,1e3],"B":"x"}"#
        let value = try JSONValue(parsing: text)
        #expect(value.objectValue?.keys == ["b", "a", "c", "B"])
        #expect(value["b"] == .integer(1))
        #expect(value["a"] == .number(1))
        #expect(value.serialized() == text)
        #expect(value.serialized(.canonical) == #"{"B":"x","a":1.0,"b":1,"c":[true,null,-0.5,1000.0]}"#)
    }

    @Test func ofARepeatedKeyTheLastValueCounts() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).serialized() == #"{"a":3,"b":2}"#)
        let many = (0..<50).map { #""k\#($0 % 20)":\#($0)"# }.joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(many)}").objectValue)
        #expect(object.count == 20)
        #expect(object["k9"] == 49)
        #expect(object["k10"] == 30)
    }

    @Test(arguments: [
        (#""\u00e9\n\/\\\"""#, "é\n/\\\""),
        (#""\ud83d\ude00""#, "😀"),
        (#""\ud83d!""#, "\u{FFFD}!"),
        (#""\udc00\ud83d""#, "\u{FFFD}\u{FFFD}"),
        (#""a\u0000b""#, "a\u{0}b"),
    ])
    func unescapesStrings(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: text).stringValue == expected)
    }

    @Test(arguments: [
        ("", "the text ends early", 1, 1),
        ("{\n  \"a\": 01}", "a number must not begin with 0", 2, 8),
        ("[1,]", "a value was expected", 1, 4), ("{\"a\":1,}", "a key in quotes was expected", 1, 8),
        ("{\"a\":1", "the text ends early", 1, 7),
        ("[1] x", "text after the value", 1, 5), ("{} {}", "a second value after the first", 1, 4),
        ("{},", "a comma after the value", 1, 3), ("1\u{0}", "a NUL byte after the value", 1, 2),
        ("\u{0}{}", "a NUL byte, expected a value", 1, 1), ("[NaN]", "NaN is no JSON, expected a value", 1, 2),
        ("[-Infinity]", "-Infinity is no JSON, expected a value", 1, 2),
        ("[None]", "None is no JSON, expected a value", 1, 2),
        ("['a']", "a value in single quotes, expected double ones", 1, 2),
        ("\"a\nb\"", "a control character must be escaped in a string", 1, 3),
        ("{'a':1}", "a key in quotes was expected", 1, 2),
        ("tru", "a value was expected", 1, 1),
    ])
    func namesThePlaceOfAMistake(text: String, reason: String, line: Int, column: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func namesTheByteThatIsNoUTF8() {
        let bytes = [UInt8]("{\"a\":\"né\"}".utf8).filter { $0 != 0xC3 }
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.reason == "the string is not UTF-8")
        #expect(error?.column == 8)
    }

    @Test func deepNestingIsAnErrorNotACrash() {
        let deep = String(repeating: "[", count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        #expect(error?.reason == "nested deeper than 256 levels")
    }

    @Test func numbersKeepTheirText() throws {
        let texts = [
            "0", "-0", "-0.0", "1.10", "1E5", "1e3", "1e+3", "0.00001", "1e-05", "1e999", "-1e999", "1e-999",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
            "12345678901234567890", "19.90", "100000000000000000000", "9007199254740993.0", "1e99999999999999999999",
            "0.1000000000000000055511151231257827",
        ]
        for text in texts {
            #expect(try JSONValue(parsing: text).serialized() == text)
            #expect(try JSONValue(parsing: text) == JSONValue(parsing: text))
        }
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "12345678901234567890") != JSONValue(parsing: "12345678901234567891"))
    }

    @Test func numbersHaveTheValueThatTheyWrite() throws {
        func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
        #expect(try value("1.10").doubleValue == 1.1)
        #expect(try value("1E5").integerValue == 100_000)
        #expect(try value("-12.0e1").integerValue == -120)
        #expect(try value("9007199254740993.0").integerValue == 9_007_199_254_740_993)
        #expect(try value("1e18").integerValue == 1_000_000_000_000_000_000)
        #expect(try value("1e19").integerValue == nil)
        #expect(try value("1.5").integerValue == nil)
        #expect(try value("1e999").doubleValue == nil)
        #expect(try value("12345678901234567890").doubleValue == 12_345_678_901_234_567_168)
        #expect(try value("1.10").isSameNumber(as: value("11e-1")))
        #expect(try !value("12345678901234567890").isSameNumber(as: value("12345678901234567891")))
        #expect(try value("12345678901234567890").kindName == "an integer")
        #expect(try value("1e5").kindName == "an integer")
    }

    /// What is hashed does not depend on how a number is written, and what it was before stays.
    @Test func canonicalNumbersAreThoseOfTheSameValue() throws {
        let cases = [
            ("1.10", "1.1"), ("1E5", "100000.0"), ("1e5", "100000.0"), ("-0", "0"), ("0.50", "0.5"), ("1e-5", "1e-05"),
            ("100000000000000000000", "1e+20"), ("12345678901234567890", "1234567890123456789e1"),
            ("1234567890123456789.0E+1", "1234567890123456789e1"), ("1e999", "1e999"), ("10e998", "1e999"),
        ]
        for (text, expected) in cases {
            #expect(try JSONValue(parsing: text).serialized(.canonical) == expected)
        }
    }

    @Test func keysAndTextsAreComparedByTheirBytes() throws {
        let text = #"{"caf\#u{E9}":1,"cafe\#u{301}":2}"#
        let value = try JSONValue(parsing: text)
        #expect(value.serialized() == text)
        #expect(value["caf\u{E9}"] == 1)
        #expect(value["cafe\u{301}"] == 2)
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        let many = (0..<40).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        let large = try JSONValue(parsing: "{\(many),\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(large.objectValue?.count == 42)
        #expect(Set([ExactText("\u{E9}"), ExactText("e\u{301}")]).count == 2)
    }

    @Test func documentsSayWhatTheirReaderDecided() throws {
        let document = try JSONDocument(parsing: Array(#"{"a":{"b":1,"b":2},"c":"\ud83d","a":3}"#.utf8))
        #expect(document.repeatedKeys == 2)
        #expect(document.loneHalves == 1)
        #expect(document.value["c"] == "\u{FFFD}")
        let kept = try JSONDocument(parsing: Array(#"["Done \ud83d","\ude80 \ud83d"]"#.utf8), halves: .kept)
        let whole = JSONValue.string((kept.value.arrayValue ?? []).compactMap(\.stringValue).joined())
        var replaced = 0
        #expect(whole.joiningHalves(replaced: &replaced) == "Done 🚀 \u{FFFD}")
        #expect(replaced == 1)
    }

    @Test(arguments: ["", "  \n", "\u{A0}\u{3000}", "\u{200B}", "\u{FEFF}\u{2060}", "\u{0}", "\u{200E}\u{2028}"])
    func whatShowsNothingIsBlank(text: String) { #expect(text.isBlank) }

    @Test(arguments: ["a", "\u{200B}.", "\u{FFFD}", "😀"])
    func whatShowsIsNot(text: String) { #expect(!text.isBlank) }

    @Test func wordsForTheEndOfAnAnswerAreRead() {
        let words: [(String, FinishReason)] = [
            ("stop", .finished), ("end_turn", .finished), ("STOP", .finished), ("tool_use", .toolCalls),
            ("MAX_TOKENS", .truncated), ("FINISH_REASON_SAFETY", .filtered), ("content-filter", .filtered),
            ("refusal", .refused), ("pause_turn", .paused), ("error", .failed), ("whatever", .unknown),
        ]
        for (word, reason) in words { #expect(FinishReason(word) == reason) }
        #expect(FinishReason.allCases.filter(\.isFinished) == [.finished, .toolCalls])
    }
}
