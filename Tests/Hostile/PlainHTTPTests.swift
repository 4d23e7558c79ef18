import Foundation
import Synchronization
import Testing
import TestSupport

/// Keys go where they are meant to go: not in clear over a network, and not through a proxy to this machine.
@Suite(.ownThreads) struct PlainHTTPTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(
            "task.yaml",
            """
            name: desk
            kind: classification
            labels: [{name: refund}, {name: parcel}]
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
            """)
        let row =
            #"{"timestamp":1767000000,"request":{"model":"big","messages":[{"role":"user","content":"where"}]},"#
            + #""response":{"object":"chat.completion","model":"big","choices":[{"index":0,"message":{"role":"assistant","#
            + #""content":"-"},"finish_reason":"stop"}]}}"#
        try folder.write("in.jsonl", row + "\n")
    }

    private func label(
        _ endpoint: String, _ more: String..., environment: [String: String]
    ) throws -> Executable.Outcome {
        try Executable.run(
            "retort-label",
            [
                "--task", folder.file("task.yaml"), "--input", folder.file("in.jsonl"), "--output",
                folder.file("labels.jsonl"), "--workspace", folder.file("w"), "--endpoint", endpoint, "--model", "m",
                "--price-in", "1", "--price-out", "1", "--max-retries", "0", "--timeout", "3",
            ] + more, environment: environment)
    }

    /// Found in the environment or named: it is never sent where all between could read it.
    @Test func aKeyIsNotSentInClearToAnotherMachine() throws {
        // An address that is kept for examples: nobody answers there.
        let endpoint = "http://192.0.2.1:9/v1"
        for more in [[], ["--key-env", "OPENAI_API_KEY"]] {
            let outcome = try Executable.run(
                "retort-label",
                [
                    "--task", folder.file("task.yaml"), "--input", folder.file("in.jsonl"), "--workspace",
                    folder.file("w"), "--endpoint", endpoint, "--model", "m", "--price-in", "1", "--price-out", "1",
                ] + more, environment: ["OPENAI_API_KEY": "sk-hush"])
            #expect(
                outcome.status == 1 && outcome.errors.contains("would get the API key in clear"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hush"))
        }
        let allowed = try label(endpoint, "--plain-http", environment: ["OPENAI_API_KEY": "sk-hush"])
        #expect(allowed.status == 75 && !allowed.errors.contains("in clear"), "\(allowed.errors)")
        let without = try label(endpoint, environment: ["OPENAI_API_KEY": ""])
        #expect(without.status == 75, "\(without.errors)")
    }

    @Test func aServerSendsNoKeyInClearEither() async throws {
        let failure = await #expect(throws: Server.StartFailure.self) {
            try await Server(
                [
                    "--base", Checkout.base, "--workspace", folder.file("w"), "--escalate-endpoint",
                    "http://192.0.2.1:9", "--escalate-model", "m", "--escalate-key-env", "FRONTIER_KEY",
                ], environment: ["FRONTIER_KEY": "sk-hush"])
        }
        #expect(failure?.errors.contains("would get the API key in clear") == true, "\(failure?.errors ?? "")")
    }

    /// A proxy of the environment is for other machines, whatever the name of this one.
    @Test(arguments: ["127.0.0.1", "127.0.0.2", "localhost"])
    func whatIsOnThisMachineIsNotAskedThroughAProxy(host: String) throws {
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let asked = Counter()
        let proxy = try ScriptedServer { connection in
            asked.count.withLock { $0 += 1 }
            connection.send("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        let port = try #require(URL(string: teacher.url)?.port)
        // Nobody listens at 127.0.0.2, which is enough to see who was asked.
        let outcome = try label(
            "http://\(host):\(port)", environment: ["http_proxy": proxy.url, "OPENAI_API_KEY": "sk-hush"])
        #expect(asked.count.withLock { $0 } == 0)
        #expect(host == "127.0.0.2" || outcome.status == 0, "\(outcome.errors)")
    }

    private final class Counter: Sendable {
        let count = Mutex(0)
    }
}
