import Conversations
import Dialects
import Foundation
import JSON
import Replay
import Teachers
import Testing

/// Against the replay server over loopback, with faults on request.
@Suite struct TeacherClientTests {
    private func failure(_ body: () async throws -> TeacherResponse) async -> TeacherError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? TeacherError
        }
    }

    @Test(arguments: Dialect.allCases)
    func asksInBothDialects(dialect: Dialect) async throws {
        try await Rehearsal.with { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(dialect), options: quick)
            let response = try await client.complete(question(7))
            #expect(response.text == "answer 7")
            #expect(response.finishReason == (dialect == .openai ? "stop" : "end_turn"))
            #expect(response.model == "teacher-1")
            // The recording says nothing of tokens, so the server estimates: 3, and for each text bytes / 4 + 1 + 3.
            #expect(response.usage == TokenUsage(input: 3 + (7 / 4 + 4) + (10 / 4 + 4), output: 8 / 4 + 1))
            // 14 tokens at 1000 and 3 tokens at 2000 USD per million.
            #expect(response.cost == USD(0.014 + 0.006))
        }
    }

    @Test func anthropicGetsSystemTextApart() throws {
        let endpoint = try TeacherEndpoint(baseURL: "https://api.anthropic.com", model: "m", dialect: .anthropic)
        #expect(endpoint.url == "https://api.anthropic.com/v1/messages")
        let expected: JSONValue = [
            "model": "m", "max_tokens": 16, "system": "Answer.",
            "messages": [["role": "user", "content": "question 1"]], "temperature": 0.0,
        ]
        #expect(endpoint.body(of: question(1)) == expected)
    }

    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions", "max_completion_tokens"),
        ("http://localhost:8080/", "http://localhost:8080/v1/chat/completions", "max_tokens"),
        ("http://h/api/v3/chat/completions", "http://h/api/v3/chat/completions", "max_tokens"),
    ])
    func findsTheRoute(base: String, url: String, limit: String) throws {
        let endpoint = try TeacherEndpoint(baseURL: base, model: "m")
        #expect(endpoint.url == url)
        #expect(endpoint.body(of: question(1))[limit] == 16)
    }

    @Test(arguments: ["", "api.openai.com", "ftp://h", "https://user:hush@h/v1", "http://"])
    func refusesWhatIsNoEndpoint(url: String) throws {
        let error = #expect(throws: TeacherError.self) { try TeacherEndpoint(baseURL: url, model: "m") }
        #expect(error?.kind == .configuration)
        #expect(error?.description.contains("hush") == false)
    }

    @Test func waitsAsLongAs429Asks() async throws {
        try await Rehearsal.with { options in
            options.faults = try Faults("429=1", limit: 1)
            options.retryAfter = .milliseconds(700)
        } _: { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            let start = ContinuousClock.now
            let response = try await client.complete(question(1))
            #expect(ContinuousClock.now - start >= .milliseconds(700))
            #expect(response.retries == 1)
            #expect(rehearsal.requests == 2)
        }
    }

    @Test func aWrongKeyIsNotTriedAgain() async throws {
        try await Rehearsal.with {
            $0.key = "right"
        } _: { rehearsal in
            let key = try #require(try APIKey(environment: "K", of: ["K": "wrong-and-secret"]))
            let client = TeacherClient(endpoint: try rehearsal.endpoint(key: key), options: quick)
            let error = try #require(await failure { try await client.complete(question(1)) })
            #expect(error.kind == .unauthorized)
            #expect(error.concernsAllRequests)
            #expect(error.description.hasPrefix("the API key was refused (401)"))
            #expect(!"\(error) \(client.endpoint) \(key)".contains("wrong-and-secret"))
            #expect(rehearsal.requests == 1)
        }
    }

    @Test(arguments: Dialect.allCases)
    func theRightKeyOpens(dialect: Dialect) async throws {
        try await Rehearsal.with {
            $0.key = "right"
        } _: { rehearsal in
            let key = try APIKey(environment: "K", of: ["K": "right\n"])
            let client = TeacherClient(endpoint: try rehearsal.endpoint(dialect, key: key), options: quick)
            #expect(try await client.complete(question(1)).text == "answer 1")
        }
    }

    @Test(arguments: ["500=1", "503=1", "408=1", "cut=1", "malformed=1"])
    func passingFaultsAreTriedAgain(fault: String) async throws {
        try await Rehearsal.with {
            $0.faults = try Faults(fault, limit: 2)
        } _: { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            #expect(try await client.complete(question(3)).text == "answer 3")
            #expect(rehearsal.requests == 3)
        }
    }

    @Test(arguments: ["500=1", "429=1", "cut=1", "malformed=1"])
    func retriesEnd(fault: String) async throws {
        try await Rehearsal.with { options in
            options.faults = try Faults(fault)
            options.retryAfter = .zero
        } _: { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            let kind = await failure { try await client.complete(question(3)) }?.kind
            #expect(kind == (fault == "429=1" ? .rateLimited : fault == "malformed=1" ? .malformed : .down))
            #expect(rehearsal.requests == 4)
        }
    }

    @Test(arguments: [400, 404, 422])
    func aRefusedRequestIsNotTriedAgain(status: Int) async throws {
        try await Rehearsal.with {
            $0.faults = try Faults("\(status)=1")
        } _: { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            let error = await failure { try await client.complete(question(3)) }
            #expect(error?.kind == .request(status: status))
            #expect(error?.concernsAllRequests == false)
            #expect(rehearsal.requests == 1)
        }
    }

    @Test func anUnknownPromptIsARefusedRequest() async throws {
        try await Rehearsal.with { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            let request = TeacherRequest(messages: [Message(.user, "never recorded")])
            let error = await failure { try await client.complete(request) }
            #expect(error?.kind == .request(status: 404))
            #expect(error?.description.contains("never") == false)
        }
    }

    @Test func aRouteThatIsNotThereStopsEverything() async throws {
        try await Rehearsal.with { rehearsal in
            let endpoint = try TeacherEndpoint(baseURL: rehearsal.url + "/v9", model: "m")
            let client = TeacherClient(endpoint: endpoint, options: quick)
            let error = await failure { try await client.complete(question(1)) }
            #expect(error?.kind == .notFound)
            #expect(error?.concernsAllRequests == true)
        }
    }

    @Test func nobodyThereIsDown() async throws {
        let client = TeacherClient(
            endpoint: try TeacherEndpoint(baseURL: "http://127.0.0.1:1", model: "m"), options: quick)
        #expect(await failure { try await client.complete(question(1)) }?.kind == .down)
        #expect(client.tally.sent == 4)
    }

    @Test func requestsKeepToTheRate() async throws {
        try await Rehearsal.with { rehearsal in
            // Ten a second, and a bucket of ten: the last five of fifteen wait for half a second.
            var options = quick
            options.requestsPerMinute = 600
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: options)
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<15 { group.addTask { _ = try await client.complete(question(number)) } }
                try await group.waitForAll()
            }
            #expect(ContinuousClock.now - start >= .milliseconds(450))
            #expect(rehearsal.requests == 15)
        }
    }

    @Test func aPromptInsideATemplateIsFound() async throws {
        try await Rehearsal.with { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick)
            let wrapped = TeacherRequest(messages: [Message(.user, "Classify:\nText: question 12\nLabel?")])
            #expect(try await client.complete(wrapped).text == "answer 12")
            // A correction after a wrong answer does not hide the question.
            let again = TeacherRequest(
                messages: question(5).messages + [Message(.assistant, "?"), Message(.user, "No.")])
            #expect(try await client.complete(again).text == "answer 5")
        }
    }

    /// How a recorded answer ended is replayed, in the words of either dialect.
    @Test(arguments: Dialect.allCases)
    func recordedEndsAreReplayed(dialect: Dialect) async throws {
        let choice: JSONValue = ["message": ["content": "answer"], "finish_reason": "length"]
        let lines: [JSONValue] = [
            ["match": ["input": "question 1"], "response": ["choices": [choice]]],
            ["match": ["input": "caf\u{E9}"], "response": ["content": "composed"]],
            ["match": ["input": "cafe\u{301}"], "response": ["content": "decomposed"]],
        ]
        try await Rehearsal.with(lines: lines) { rehearsal in
            let client = TeacherClient(endpoint: try rehearsal.endpoint(dialect), options: quick)
            let cut = try await client.complete(question(1))
            #expect(cut.end == .truncated)
            #expect(throws: UnfinishedAnswer.cut(limit: 16)) { try cut.finishedText() }
            for (input, answer) in [("caf\u{E9}", "composed"), ("cafe\u{301}", "decomposed")] {
                let response = try await client.complete(TeacherRequest(messages: [Message(.user, input)]))
                #expect(response.text == answer && response.end == .finished)
            }
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", true), ("http://localhost", true), ("http://[::1]:1", true),
        ("http://127.evil.example", false), ("http://127.0.0.1.example.com", false), ("https://api.openai.com", false),
    ])
    func onlyThisMachineIsLoopback(url: String, isLoopback: Bool) throws {
        #expect(try TeacherEndpoint(baseURL: url, model: "m").isLoopback == isLoopback)
    }

    @Test func keysAreOneWordOfASCII() throws {
        #expect(try APIKey(environment: "K", of: [:]) == nil)
        #expect(throws: (any Error).self) { try APIKey(environment: "K", of: ["K": "two words"]) }
        #expect(throws: (any Error).self) { try APIKey(file: "/nonexistent/key") }
    }
}
