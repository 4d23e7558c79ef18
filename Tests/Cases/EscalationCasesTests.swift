import Foundation
import JSON
import Testing
import TestSupport

/// The frontier as a server finds it: a model that reasons, and one that is down.
@Suite(.ownThreads) struct EscalationCasesTests {
    private let base: UnsureBase

    init() throws { base = try UnsureBase() }

    /// Refuses any temperature but its own and `max_tokens`, and says nothing in few tokens.
    @Test func aModelThatReasonsAnswersByDefault() async throws {
        let teacher = try ScriptedTeacher { request in
            func refusal(_ parameter: String, _ code: String) -> ScriptedTeacher.Answer {
                .init(
                    400,
                    [
                        "error": [
                            "message": .string("Unsupported: '\(parameter)' is not supported with this model."),
                            "type": "invalid_request_error", "param": .string(parameter), "code": .string(code),
                        ]
                    ])
            }
            if request.body["max_tokens"] != nil { return refusal("max_tokens", "unsupported_parameter") }
            if request.body["temperature"] != nil { return refusal("temperature", "unsupported_value") }
            let room = request.body["max_completion_tokens"]?.integerValue ?? .max
            return room < 400 ? .completion("", finish: "length", completionTokens: room) : .completion("refund")
        }
        let server = try await base.serve(teacher.url, "--escalate-option", "reasoning_effort=low")
        let reply = try await server.chat("intent", "where is it")
        let errors = try server.errors
        #expect(reply.retort["cause"] == "below_threshold", "\(errors)")
        #expect(reply.text == "refund")
        #expect(teacher.requests.last?.body["reasoning_effort"] == "low")
        #expect(try await server.get("/healthz")["status"] == "ok")
    }

    @Test func aFrontierThatIsDownIsSeenInHealth() async throws {
        let teacher = try ScriptedTeacher { _ in .init(503, ["error": ["message": "overloaded"]]) }
        let server = try await base.serve(teacher.url)
        #expect(try await server.chat("intent", "where is it").retort["cause"] == "escalation_failed")
        let health = try await server.get("/healthz")
        #expect(health["status"] == "degraded")
        #expect(health["reasons"]?.arrayValue?.first?.stringValue?.hasPrefix("escalation to frontier fails") == true)
        #expect(health["escalation"]?["failed"] == 1)
        #expect(health["escalation"]?["failing_since"]?.stringValue != nil)
    }

    @Test(arguments: [
        (["--escalate-model", "m"], "--escalate-endpoint and --escalate-model belong together"),
        (["--escalate-endpoint", "http://127.0.0.1:1"], "--escalate-endpoint and --escalate-model belong together"),
        (["--escalate-option", "a=1"], "--escalate-option belongs to --escalate-endpoint"),
        (["--escalate-key-env", "KEY"], "--escalate-key-env belongs to --escalate-endpoint"),
        (["--escalate-dialect", "openai"], "--escalate-dialect belongs to --escalate-endpoint"),
    ])
    func aFlagThatDoesNothingIsRefused(flags: [String], message: String) async throws {
        let failure = await #expect(throws: Server.StartFailure.self) {
            try await Server(["--base", Checkout.base, "--workspace", base.workspace] + flags)
        }
        #expect(failure?.status == 64 && failure?.errors.contains(message) == true, "\(failure?.errors ?? "")")
    }
}
