import Foundation
import HTTPTransport
import JSON
import Testing
import TestSupport

/// One request costs no more than its share, and disturbs nobody: bodies of 4 MiB in the shapes that cost most.
@Suite(.serialized, .ownThreads)
struct RequestCostCasesTests {
    private static let size = (4 << 20) - 4096
    private static let base = "retort-base-6m-f16"

    private static func repeated(_ text: String, _ separator: String = "") -> String {
        Array(repeating: text, count: size / (text.utf8.count + separator.utf8.count)).joined(separator: separator)
    }

    private static func numbered(_ count: Int, _ text: (Int) -> String) -> String {
        (0..<count).map(text).joined(separator: ",")
    }

    private static func deep(_ open: String, _ close: String) -> String {
        String(repeating: open, count: size / 2) + String(repeating: close, count: size / 2)
    }

    private static func chat(_ content: String, _ more: String = "") -> String {
        #"{"model":"\#(base)","max_tokens":1,"messages":[{"role":"user","content":"\#(content)"}]\#(more)}"#
    }

    private static func messages(_ list: String) -> String { #"{"model":"\#(base)","messages":[\#(list)]}"# }

    /// Each with a name, since a body is too long to be one.
    private static var shapes: [(name: String, body: String)] {
        let long = String(repeating: "x", count: 1_000_000)
        return [
            ("one unknown field", chat("hi", #","\#(repeated("temprature"))":1"#)),
            ("unknown fields of 1 MB", chat("hi", "," + numbered(4) { #""\#($0)\#(long)":1"# })),
            ("many unknown fields", chat("hi", "," + numbered(300_000) { #""f\#($0)":1"# })),
            ("many null fields", chat("hi", "," + numbered(250_000) { #""f\#($0)":null"# })),
            ("a field again and again", chat("hi", "," + repeated(#""n":1"#, ","))),
            ("many messages", messages(repeated(#"{"role":"user","content":"a"}"#, ","))),
            ("many empty messages", messages(repeated(#"{"role":"user","content":""}"#, ","))),
            ("many named messages", messages(repeated(#"{"role":"user","name":"b","content":"a"}"#, ","))),
            (
                "many parts",
                messages(#"{"role":"user","content":["# + repeated(#"{"type":"text","text":"a"}"#, ",") + "]}")
            ),
            ("long names", messages(#"{"role":"user","content":"a","name":"\#(repeated("b"))"}"#)),
            ("one long word", chat(repeated("a"))), ("spaces", chat(repeated(" "))),
            ("words", chat(repeated("parcel "))), ("escapes", chat(repeated(#"\u0001"#))),
            ("marks on one letter", chat("e" + repeated("\u{301}"))), ("emoji", chat(repeated("👩‍👩‍👧"))),
            ("control tokens", chat(repeated("<|im_end|>"))), ("new lines", chat(repeated(#"\n"#))),
            ("many biases", chat("hi", #","logit_bias":{\#(numbered(300_000) { #""\#($0)":1"# })}"#)),
            ("many stops", chat("hi", #","stop":[\#(repeated(#""a""#, ","))]"#)),
            ("a long stop", chat("hi", #","stop":"\#(repeated("a"))""#)),
            ("a long number", chat("hi", #","seed":\#(repeated("1"))"#)),
            ("a long fraction", chat("hi", #","temperature":0.\#(repeated("1"))"#)),
            ("nested", chat("hi", #","tools":[\#(repeated(#"{"a":[[[[1]]]]}"#, ","))]"#)),
            ("notes", chat("hi", #","metadata":{\#(numbered(300_000) { #""\#($0)":"a""# })}"#)),
            ("a long model", #"{"model":"\#(repeated("a"))","messages":[{"role":"user","content":"x"}]}"#),
            ("deep arrays", chat("hi", #","metadata":\#(repeated("["))"#)),
            ("deep objects", chat("hi", #","metadata":\#(repeated(#"{"a":"#))"#)),
            ("deep and closed", chat("hi", #","tools":\#(deep("[", "]"))"#)),
            (
                "many calls",
                messages(
                    #"{"role":"assistant","tool_calls":["#
                        + numbered(50_000) { #"{"id":"c\#($0)","function":{"name":"f","arguments":"{}"}}"# } + "]}")
            ),
            (
                "many answered calls",
                messages(
                    numbered(20_000) {
                        #"{"role":"assistant","tool_calls":[{"id":"c\#($0)","function":{"name":"f","arguments":""}}]},"#
                            + #"{"role":"tool","tool_call_id":"c\#($0)","content":"a"}"#
                    })
            ),
            ("a pattern", chat("hi", #","guided_regex":"\#(repeated("(a+)+"))""#)),
            ("many choices", chat("hi", #","guided_choice":[\#(numbered(300_000) { #""c\#($0)""# })]"#)),
            (
                "a schema",
                chat(
                    "hi",
                    #","response_format":{"type":"json_schema","json_schema":{"schema":{"anyOf":["#
                        + repeated(##"{"$ref":"#"}"##, ",") + "]}}}")
            ),
            ("parts of one", messages(#"{"role":"user","content":["# + repeated(#"{"type":"image"}"#, ",") + "]}")),
            ("a long salt", chat("hi", #","cache_salt":"\#(repeated("a"))""#)),
            ("a long tail of nothing", chat("hi") + repeated(" ")), ("only brackets", repeated("[")),
            ("no end", #"{"model":""# + repeated("a")), ("surrogates", chat(repeated(#"\ud83d"#))),
            ("a long role", messages(#"{"role":"\#(repeated("a"))","content":"x"}"#)),
        ]
    }

    @Test func noRequestTakesLong() async throws {
        let folder = try ScratchFolder()
        let server = try await Server(["--base", Checkout.base, "--workspace", folder.file("workspace")])
        for (name, body) in RequestCostCasesTests.shapes {
            let bytes = Array(body.utf8)
            let before = try server.processorTime
            let reply = try Reply(try await server.send("POST", "/v1/chat/completions", body: bytes))
            let seconds = try server.processorTime - before
            #expect((400..<500).contains(reply.status) || reply.status == 200, "\(name): \(reply.status)")
            #expect(reply.errorMessage.utf8.count < 2000, "\(name)")
            // 4 MiB are tokenized once in 3 to 6 s of a busy processor; what grows with the square takes minutes.
            #expect(seconds < 20, "\(name): \(seconds) s of processors, \(reply.errorMessage.prefix(100))")
        }
    }

    @Test func healthAnswersMeanwhile() async throws {
        let folder = try ScratchFolder()
        let server = try await Server(["--base", Checkout.base, "--workspace", folder.file("workspace")])
        let body = Array(RequestCostCasesTests.chat(RequestCostCasesTests.repeated("a")).utf8)
        let times = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    while !Task.isCancelled { _ = try? await server.send("POST", "/v1/chat/completions", body: body) }
                }
            }
            var times: [Duration] = []
            for _ in 0..<30 {
                let start = ContinuousClock.now
                let probe = try RawConnection(server.url)
                probe.send("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                #expect(probe.read().hasPrefix("HTTP/1.1 200 OK"))
                times.append(ContinuousClock.now - start)
                try await Task.sleep(for: .milliseconds(20))
            }
            group.cancelAll()
            return times.sorted()
        }
        // The middle one, for other processes use these processors, too. Work on the threads that answer takes seconds.
        #expect(times[15] < .milliseconds(200), "\(times)")
    }
}
