import Conversations
import JSON
import Testing

@Suite struct MessageTests {
    private func message(_ text: String) throws -> Message { try Message(json: try JSONValue(parsing: text)) }

    @Test func readsTextPartsAndToolCalls() throws {
        #expect(try message(#"{"role":"user","content":"hi"}"#) == Message(.user, "hi"))
        #expect(
            try message(
                #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"output_text","text":"b"}]}"#
            ).content == "ab")
        let call = try message(
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":{"x":1}}}]}"#
        )
        #expect(call.toolCalls == [ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#)])
        #expect(try message(#"{"role":"assistant","content":"a","weight":0}"#).weight == 0)
    }

    /// OpenAI's older form has one clear meaning.
    @Test func readsFunctionCallsOfTheOlderForm() throws {
        let call = try message(
            #"{"role":"assistant","content":null,"tool_calls":null,"function_call":{"name":"f","arguments":"{}"}}"#)
        #expect(call.toolCalls == [ToolCall(name: "f", arguments: "{}")])
        #expect(try message(#"{"role":"function","name":"f","content":"4"}"#) == Message(.tool, "4", name: "f"))
    }

    @Test func nullIsNotEmptyText() throws {
        let null = try message(#"{"role":"assistant","content":null}"#)
        let empty = try message(#"{"role":"assistant","content":""}"#)
        #expect(null != empty)
        #expect(null.json.serialized() == #"{"role":"assistant","content":null}"#)
        #expect(empty.json.serialized() == #"{"role":"assistant","content":""}"#)
        #expect(try message(#"{"role":"assistant"}"#) == null)
        #expect(null.content.isEmpty)
    }

    @Test func bytesAreCompared() {
        #expect(Message(.user, "e\u{301}") != Message(.user, "\u{E9}"))
        #expect(Message(.user, "a") == Message(.user, "a"))
    }

    @Test func writesWhatItRead() throws {
        let text = #"{"role":"tool","content":"42","tool_call_id":"1"}"#
        #expect(try message(text).json.serialized() == text)
    }

    @Test(arguments: [
        (#"{"content":"x"}"#, "a message has no role"),
        (
            #"{"role":"boss","content":"x"}"#,
            "role: 'boss', expected one of system, developer, user, assistant, tool"
        ),
        (#"{"role":"user","content":5}"#, "content: an integer, expected a string, null or an array of parts"),
        (#"[1]"#, "a message: an array, expected an object"),
        (#"{"role":7}"#, "role: an integer, expected a string"),
        (
            #"{"role":"user","content":[{"type":"text","text":5}]}"#,
            "content: the text of a part: an integer, expected a string"
        ),
        (
            #"{"role":"user","content":[{"type":"text"}]}"#,
            "content: the text of a part: missing, expected a string"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#,
            "content: a part of type 'image_url', expected text"
        ),
        (#"{"role":"assistant","content":"","tool_calls":"abc"}"#, "tool_calls: a string, expected an array"),
        (#"{"role":"assistant","content":"","tool_calls":{"id":"1"}}"#, "tool_calls: an object, expected an array"),
        (
            #"{"role":"assistant","tool_calls":["abc"]}"#,
            "tool_calls: an element that is a string, expected an object"
        ),
        (#"{"role":"assistant","function_call":"f"}"#, "function_call: a string, expected an object with a name"),
        (#"{"role":"user","content":"x","name":5}"#, "name: an integer, expected a string"),
        (#"{"role":"tool","content":"x","tool_call_id":5}"#, "tool_call_id: an integer, expected a string"),
    ])
    func saysWhyAValueIsNoMessage(text: String, expected: String) {
        let error = #expect(throws: MessageError.self) { try message(text) }
        #expect(error?.description == expected)
    }
}
