import HTTPTransport
import JSON
import Testing
import TestSupport

/// The scripted teacher itself, on which many cases rest.
@Suite struct ScriptedTeacherTests {
    @Test func readsWholeBodiesAndAnswersAsTold() async throws {
        let teacher = try ScriptedTeacher { request in
            request.number == 1 ? .completion(request.lastText) : .init(429, ["error": ["message": "slow down"]])
        }
        let text = String(repeating: "long ", count: 40_000)
        let body: JSONValue = ["messages": [["role": "user", "content": .string(text)]]]
        let client = HTTPClient()
        let first = try await client.send(
            HTTPRequest("POST", teacher.url + "/v1/chat/completions", body: body.serializedBytes()))
        #expect(try Reply(first).text == text)
        let second = try await client.send(HTTPRequest("POST", teacher.url, body: body.serializedBytes()))
        #expect(second.status == 429)
        #expect(teacher.requests.map(\.path) == ["/v1/chat/completions", "/"])
    }
}
