import Dialects
import Foundation
import Interactions
import JSON
import Storage
import Testing
import TestSupport

@Suite struct LogPullTests {
    @Test func everyRowIsAccountedFor() throws {
        let scratch = try ScratchFolder()
        let lines = [
            row("one").serialized(), "{broken", "", row("two", finish: "length").serialized(), row("one").serialized(),
            "   ", row("three").serialized(), "[]",
        ]
        let file = try scratch.write("log.jsonl", lines.joined(separator: "\n"))
        let store = try InteractionStore(scratch.workspace())
        let result = try LogPull(store: store).run(LogSource.files(at: [file]))
        let counts = result.reconciliation
        #expect(counts.seen == 6)
        #expect(counts.kept == 2)
        #expect(counts.repeated == 1)
        #expect(counts.present == 0)
        #expect(counts.dropped == [.notJSON: 1, .truncatedResponse: 1, .noRequest: 1])
        #expect(counts.isBalanced)
        #expect(
            result.faults.map(\.description) == [
                "\(file):2: not JSON: a key in quotes was expected at column 2",
                "\(file):4: an answer cut off at its token limit",
                "\(file):8: no request with messages: an array, expected an object",
            ])
    }

    @Test func pullingTwiceAddsNothing() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.file("log.jsonl", (0..<300).map { row("message \($0)") })
        let store = try InteractionStore(scratch.workspace())
        _ = try LogPull(store: store).run(LogSource.files(at: [file]))
        let digest = try store.digest()
        let again = try LogPull(store: store).run(LogSource.files(at: [file])).reconciliation
        #expect(again.kept == 0)
        #expect(again.present == 300)
        #expect(again.isBalanced)
        #expect(try store.count() == 300)
        #expect(try store.digest() == digest)
    }

    @Test func digestDoesNotDependOnOrder() throws {
        let rows = (0..<50).map { row("message \($0)", time: 1_790_000_000 + $0) }
        let digests = try [rows, rows.reversed()].map { rows in
            let scratch = try ScratchFolder()
            let store = try InteractionStore(scratch.workspace())
            _ = try LogPull(store: store).run([LogSource(path: scratch.file("log.jsonl", Array(rows)))])
            var times: [Date] = []
            try store.forEach { times.append($0.time) }
            #expect(times == times.sorted())
            return try store.digest()
        }
        #expect(digests[0] == digests[1])
    }

    @Test func rowsOfTwoFilesOverlap() throws {
        let scratch = try ScratchFolder()
        let first = try scratch.file("logs/a.jsonl", (0..<10).map { row("message \($0)") })
        _ = try scratch.file("logs/deeper/b.jsonl", (8..<20).map { row("message \($0)") })
        _ = try scratch.write("logs/notes.txt", "no log")
        _ = try scratch.write("logs/.hidden.jsonl", "no log")
        let store = try InteractionStore(scratch.workspace())
        let sources = try LogSource.files(at: ["\(scratch.path)/logs", first])
        #expect(sources.count == 2)
        let counts = try LogPull(store: store).run(sources).reconciliation
        #expect((counts.kept, counts.repeated) == (20, 2))
    }

    @Test func gzipIsRead() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.file("log.jsonl", (0..<40).map { row("message \($0)") })
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", file]
        try gzip.run()
        gzip.waitUntilExit()
        let store = try InteractionStore(scratch.workspace())
        #expect(try LogPull(store: store).run([LogSource(path: "\(file).gz")]).reconciliation.kept == 40)
        // A stream that was cut off keeps what came before, and says so.
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(file).gz"))
        let cut = "\(scratch.path)/cut.jsonl.gz"
        try AtomicFile.write(whole.prefix(whole.count - 12), to: cut)
        let result = try LogPull(store: store).run([LogSource(path: cut)])
        #expect(result.failures.count == 1)
        #expect(result.reconciliation.isBalanced)
    }

    @Test func documentsAreRead() throws {
        let scratch = try ScratchFolder()
        let list = try scratch.write("list.json", JSONValue.array([row("a"), row("b"), 7]).serialized(.pretty))
        let page = try scratch.write("page.json", (["data": [row("c")]] as JSONValue).serialized(.pretty))
        let one = try scratch.write("one.json", row("d").serialized(.pretty))
        let lines = try scratch.file("lines.json", [row("e"), row("f")])
        let store = try InteractionStore(scratch.workspace())
        let result = try LogPull(store: store).run([list, page, one, lines].map { LogSource(path: $0) })
        #expect(result.reconciliation.kept == 6)
        #expect(
            result.faults.map(\.description) == ["\(list):3: no request with messages: an integer, expected an object"])
    }

    @Test func interactionsComeBackAsTheyWere() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.file("log.jsonl", [row("first"), row("second", workload: "mail")])
        let store = try InteractionStore(scratch.workspace())
        _ = try LogPull(store: store).run([LogSource(path: file)])
        let mail = try Interaction(record: row("second", workload: "mail"))
        #expect(try store.interaction(mail.id) == mail)
        #expect(try store.interaction(ContentDigest(of: "nothing")) == nil)
        #expect(try store.count(workload: "mail") == 1)
        var found: [Interaction] = []
        try store.forEach(workload: "mail") { found.append($0) }
        #expect(found == [mail])
        #expect(try store.digest(workload: "mail") != store.digest())
    }

    /// The report is called when a batch is on disk: what it interrupts there is what a killed pull leaves.
    @Test func aPullThatEndsEarlyLosesAndDoublesNothing() throws {
        struct Stopped: Error {}
        let scratch = try ScratchFolder()
        let file = try scratch.file("log.jsonl", (0..<9000).map { row("message \($0)") })
        let store = try InteractionStore(scratch.workspace())
        #expect(throws: Stopped.self) {
            try LogPull(store: store).run([LogSource(path: file)]) { _ in throw Stopped() }
        }
        let left = try store.count()
        #expect(left > 0 && left < 9000)
        let rest = try LogPull(store: store).run([LogSource(path: file)]).reconciliation
        #expect((rest.kept, rest.present) == (9000 - left, left))
        #expect(try store.count() == 9000)
    }

    @Test func missingFilesAreNamed() throws {
        let scratch = try ScratchFolder()
        #expect(throws: PullError("cannot read /nowhere/log.jsonl: no such file or directory")) {
            try LogSource.files(at: ["/nowhere/log.jsonl"])
        }
        #expect(throws: PullError("no logs in \(scratch.path): expected *.jsonl, *.jsonl.gz or *.json files")) {
            try LogSource.files(at: [scratch.path])
        }
    }
}
