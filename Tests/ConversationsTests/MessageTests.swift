import Conversations
import Testing

@Suite struct MessageTests {
    private func message(_ text: String) throws -> Message { try Message(json: try JSONValue(parsing: text)) }

    @Test func readsTextPartsAndToolCalls() throws {
        #expect(try message(#"{"role":"user","content":"hi"}"#) == Message(.user, "hi"))
        #expect(
            try message(
                #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"},{"type":"text","text":"b"}]}"#
            ).content == "ab")
        let call = try message(
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":{"x":1}}}]}"#
        )
        #expect(call.toolCalls == [ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#)])
        #expect(try message(#"{"role":"assistant","content":"a","weight":0}"#).weight == 0)
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
    ])
    func saysWhyAValueIsNoMessage(text: String, expected: String) {
        let error = #expect(throws: MessageError.self) { try message(text) }
        #expect(error?.description == expected)
    }
}
