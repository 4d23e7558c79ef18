import Foundation
import JSON
import Storage
import TestSupport

/// A log row as a customer's gateway writes it, with what a test wants changed.
func row(
    _ input: String = "where is my order", answer: String = "On its way.", time: Int = 1_790_843_400,
    workload: String? = "chat", finish: JSONValue = "stop"
) -> JSONValue {
    var object = JSONObject()
    object["timestamp"] = .integer(time)
    object["workload_id"] = workload.map(JSONValue.string)
    object["client_id"] = "web"
    object["request"] = [
        "model": "frontier",
        "messages": [["role": "system", "content": "Be brief."], ["role": "user", "content": .string(input)]],
    ]
    object["response"] = [
        "id": "chatcmpl-1", "object": "chat.completion", "created": .integer(time), "model": "frontier-1",
        "choices": [
            [
                "index": 0, "message": ["role": "assistant", "content": .string(answer)],
                "finish_reason": finish,
            ]
        ],
    ]
    return .object(object)
}

func chunk(_ delta: JSONValue, finish: JSONValue = .null, index: Int = 0) -> JSONValue {
    [
        "id": "chatcmpl-2", "object": "chat.completion.chunk", "created": 1_790_843_400, "model": "frontier-1",
        "choices": [["index": .integer(index), "delta": delta, "finish_reason": finish]],
    ]
}

func replacing(_ key: String, of json: JSONValue, with value: JSONValue?) -> JSONValue {
    var object = json.objectValue ?? JSONObject()
    object[key] = value
    return .object(object)
}

extension ScratchFolder {
    func file(_ name: String, _ lines: [JSONValue]) throws -> String {
        try write(name, lines.map { $0.serialized() + "\n" }.joined())
    }

    func workspace() throws -> Workspace { try Workspace(path: file("workspace")) }
}
