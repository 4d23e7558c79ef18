import Conversations
import Testing

@Suite struct JSONValueTests {
    @Test func keepsTheOrderOfKeysAndTheKindOfNumbers() throws {
        let text = #"{"b":1,"a":1.0,"c":[true,null,-0.5,1e3],"B":"x"}"#
        let value = try JSONValue(parsing: text)
        #expect(value.objectValue?.keys == ["b", "a", "c", "B"])
        #expect(value["b"] == .integer(1))
        #expect(value["a"] == .number(1))
        #expect(value.serialized() == #"{"b":1,"a":1.0,"c":[true,null,-0.5,1000.0],"B":"x"}"#)
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
        ("[1,]", "a value was expected", 1, 4),
        ("{\"a\":1", "the text ends early", 1, 7),
        ("[1] x", "text after the value", 1, 5),
        ("\"a\nb\"", "a control character must be escaped in a string", 1, 3),
        ("{'a':1}", "a key in quotes was expected", 1, 2),
        ("1e999", "the number is out of range", 1, 1),
        ("tru", "a value was expected", 1, 1),
    ])
    func namesThePlaceOfAMistake(text: String, reason: String, line: Int, column: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func deepNestingIsAnErrorNotACrash() {
        let deep = String(repeating: "[", count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        #expect(error?.reason == "nested deeper than 256 levels")
    }

    @Test func integersBeyondIntBecomeNumbers() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    }
}
