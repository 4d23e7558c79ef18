import JSON

/// Records of other tools, which are told from broken ones: the reason says what they are.
extension LogRecord {
    static func otherRecord(_ object: JSONObject) -> RowFault {
        if object["custom_id"] != nil {
            return RowFault(.noRequest, "a line of an OpenAI batch, expected request and response in one record")
        }
        if object["input"] != nil, object["output"] != nil {
            return RowFault(
                .otherShape, "input and output, as tracing tools export them; expected request and response")
        }
        if object["prompt"] != nil { return RowFault(.otherShape, "a prompt, expected a request with messages") }
        if object["conversations"] != nil {
            return RowFault(.otherShape, "conversations, as ShareGPT has them; expected request and response")
        }
        if object["messages"] != nil {
            return RowFault(.noResponse, "messages without response or choices, as training files have them")
        }
        return RowFault(.noRequest)
    }

    /// - Parameter request: one without a list of messages.
    static func otherRequest(_ request: JSONValue) -> RowFault {
        if let messages = request["messages"] {
            return RowFault(.noRequest, "messages is \(messages.kindName), expected a list")
        }
        if request["input"] != nil {
            return RowFault(.otherShape, "a request of OpenAI's Responses API, expected chat completions")
        }
        if request["contents"] != nil {
            return RowFault(.otherShape, "a request of Google's generateContent, expected chat completions")
        }
        if request["prompt"] != nil { return RowFault(.otherShape, "a prompt, expected a request with messages") }
        return RowFault(.noRequest)
    }

    static func otherResponse(_ object: JSONObject) -> RowFault? {
        guard object["choices"] == nil else { return nil }
        if object["type"]?.stringValue == "message", object["content"] != nil {
            return RowFault(.otherShape, "an answer of Anthropic's messages API, expected a chat.completion")
        }
        if object["object"]?.stringValue == "response" {
            return RowFault(.otherShape, "an answer of OpenAI's Responses API, expected a chat.completion")
        }
        if object["candidates"] != nil {
            return RowFault(.otherShape, "an answer of Google's generateContent, expected a chat.completion")
        }
        if object["message"] != nil {
            return RowFault(.otherShape, "an answer of Ollama's or Cohere's API, expected a chat.completion")
        }
        return nil
    }
}
