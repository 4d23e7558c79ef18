import Foundation
public import JSON
import Synchronization

/// A teacher on loopback, for tests, that answers each request as a script says: over real HTTP, a whole body read.
public final class ScriptedTeacher: Sendable {
    /// One request, as it came.
    public struct Request: Sendable {
        /// From 1, in the order of arrival.
        public let number: Int
        public let path: String
        /// The header fields, names in lower case.
        public let headers: [String: String]
        /// Null where the body is not JSON.
        public let body: JSONValue

        /// The text of the last message.
        public var lastText: String {
            body["messages"]?.arrayValue?.last?["content"]?.stringValue ?? ""
        }
    }

    /// What a script answers.
    public struct Answer: Sendable {
        public var status: Int
        public var headers: [String: String]
        public var body: [UInt8]
        /// Sends half of the body and closes the connection.
        public var isCut = false

        public init(_ status: Int, _ json: JSONValue, headers: [String: String] = [:]) {
            self.init(status, bytes: json.serializedBytes(), headers: headers)
        }

        public init(_ status: Int, bytes: [UInt8], headers: [String: String] = [:]) {
            self.status = status
            self.headers = headers
            body = bytes
        }

        /// A chat completion of OpenAI's shape.
        public static func completion(
            _ text: String, finish: String = "stop", promptTokens: Int = 30, completionTokens: Int = 2
        ) -> Answer {
            Answer(
                200,
                [
                    "id": "x", "object": "chat.completion", "model": "m",
                    "choices": [
                        [
                            "index": 0, "message": ["role": "assistant", "content": .string(text)],
                            "finish_reason": .string(finish),
                        ]
                    ],
                    "usage": [
                        "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(completionTokens),
                        "total_tokens": .integer(promptTokens + completionTokens),
                    ],
                ])
        }
    }

    private let server: ScriptedServer
    private let seen: Requests

    /// Where the requests are kept; a class, so that the server's threads reach it without the teacher.
    private final class Requests: Sendable {
        let list = Mutex<[Request]>([])
    }

    /// Starts to listen on a free port; `answer` runs on a thread of its own for each request.
    public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        let seen = Requests()
        self.seen = seen
        server = try ScriptedServer { connection in
            guard let request = ScriptedTeacher.read(connection, seen) else { return }
            var reply = answer(request)
            var head =
                "HTTP/1.1 \(reply.status) Scripted\r\ncontent-length: \(reply.body.count)\r\nconnection: close\r\n"
            if reply.headers["content-type"] == nil { reply.headers["content-type"] = "application/json" }
            for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
            let sent = reply.isCut ? reply.body.prefix(reply.body.count / 2) : reply.body[...]
            connection.send(Array((head + "\r\n").utf8) + sent)
        }
    }

    public var url: String { server.url }

    /// What was asked so far.
    public var requests: [Request] { seen.list.withLock { $0 } }

    private static func read(_ connection: ScriptedServer.Connection, _ seen: Requests) -> Request? {
        let lines = connection.request.components(separatedBy: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        if headers["expect"]?.lowercased() == "100-continue" { connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
        let body = connection.readBody(Int(headers["content-length"] ?? "0") ?? 0)
        return seen.list.withLock { list in
            let request = Request(
                number: list.count + 1, path: String(first[1]), headers: headers,
                body: (try? JSONValue(parsing: body)) ?? .null)
            list.append(request)
            return request
        }
    }
}
