import Foundation
import Replay
import Testing
import TestSupport

/// How the built `retort-label` stops, and that the same command goes on from there.
@Suite struct LabelStopTests {
    @Test func aWrongKeyStopsAtOnce() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal { $0.key = "right" }
        try await server.serve { url in
            let ended = try await bench.label(
                url, ["--key-env", "KEY", "--concurrency", "2"], environment: ["KEY": "wrong-and-secret"])
            #expect(ended.status == 1)
            #expect(ended.talk.contains("error: the API key was refused (401)"))
            #expect(!(ended.talk + ended.output).contains("wrong-and-secret"))
            #expect(server.statistic("requests") <= 2)
            #expect(!FileManager.default.fileExists(atPath: bench.output))
            let right = try await bench.label(url, ["--key-env", "KEY"], environment: ["KEY": "right"])
            #expect(right.status == 0, "\(right.talk)")
        }
    }

    @Test func aBudgetOfZeroAsksNothing() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal()
        try await server.serve { url in
            let ended = try await bench.label(url, ["--budget-usd", "0"])
            #expect(ended.status == 4)
            #expect(ended.talk.contains("--budget-usd"))
            #expect(server.statistic("requests") == 0)
            #expect(!FileManager.default.fileExists(atPath: bench.output))
        }
    }

    @Test func aBudgetStopsAndALargerOneGoesOn() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal()
        try await server.serve { url in
            let stopped = try await bench.label(url, ["--budget-usd", "0.5"])
            #expect(stopped.status == 4)
            let asked = server.statistic("requests")
            #expect(asked > 0 && asked < 50)
            #expect(!FileManager.default.fileExists(atPath: bench.output))
            // The limit stands over all runs: the same command spends no more.
            #expect(try await bench.label(url, ["--budget-usd", "0.5"]).status == 4)
            #expect(server.statistic("answered_again") == 0)
            let done = try await bench.label(url, ["--budget-usd", "50"])
            #expect(done.status == 0, "\(done.talk)")
            #expect(server.statistic("requests") == 50)
            #expect(server.statistic("answered_again") == 0)
            #expect(try bench.labels().count == 50)
        }
    }

    @Test func aTeacherThatIsDownIsForLater() async throws {
        let bench = try LabelingBench()
        // Port 1 is for tcpmux, which nobody runs.
        let refused = try await bench.label("http://127.0.0.1:1", ["--max-retries", "1"])
        #expect(refused.status == 75)
        #expect(refused.talk.contains("the teacher gives no answers"))
        let server = try rehearsal { $0.faults = try Faults("503=1") }
        try await server.serve { url in
            let ended = try await bench.label(url, ["--max-retries", "1", "--concurrency", "1"])
            #expect(ended.status == 75)
            // Three inputs in a row, each tried twice.
            #expect(server.statistic("requests") == 6)
        }
    }

    @Test func aKilledRunLosesNothingAndPaysNothingTwice() async throws {
        let bench = try LabelingBench()
        let whole = try LabelingBench()
        let server = try rehearsal { $0.latency = .milliseconds(100) }
        try await server.serve { url in
            let killed = try await bench.label(url, ["--concurrency", "4"]) { process in
                while server.statistic("answered") < 20 { try await Task.sleep(for: .milliseconds(5)) }
                kill(process.processIdentifier, SIGKILL)
            }
            #expect(killed.wasKilled)
            #expect(server.statistic("answered") < 50)
            #expect(!FileManager.default.fileExists(atPath: bench.output))
            let resumed = try await bench.label(url, ["--concurrency", "4"])
            #expect(resumed.status == 0, "\(resumed.talk)")
            #expect(try resumed.count("labeled") == 50)
            // Only what was on its way may have been answered twice.
            #expect((0...4).contains(server.statistic("answered_again")))
            #expect(try await whole.label(url).status == 0)
            let bytes = try (bench.bytes(), whole.bytes())
            #expect(bytes.0 == bytes.1)
        }
    }

    @Test func anInterruptedRunWaitsForWhatIsOnItsWay() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal { $0.latency = .milliseconds(100) }
        try await server.serve { url in
            let stopped = try await bench.label(url, ["--concurrency", "4"]) { process in
                while server.statistic("answered") < 8 { try await Task.sleep(for: .milliseconds(5)) }
                kill(process.processIdentifier, SIGTERM)
            }
            #expect(stopped.status == 75 && !stopped.wasKilled)
            #expect(stopped.talk.contains("interrupted"))
            #expect(server.statistic("answered") < 50)
            let resumed = try await bench.label(url, ["--concurrency", "4"])
            #expect(resumed.status == 0, "\(resumed.talk)")
            #expect(server.statistic("requests") == 50)
            #expect(server.statistic("answered_again") == 0)
        }
    }

    @Test func badInputIsNamed() async throws {
        let bench = try LabelingBench()
        let url = "http://127.0.0.1:1"
        let unset = try await bench.label(url, ["--key-env", "NOT_SET"])
        #expect(unset.status == 1 && unset.talk.contains("environment variable NOT_SET is not set"))
        let unpriced = try await Ended.of(
            "retort-label",
            [
                "--task", bench.folder.file("task.yaml"), "--input", bench.folder.file("in.jsonl"), "--workspace",
                bench.folder.file("w"), "--endpoint", "https://api.example.com/v1", "--model", "m",
            ])
        #expect(unpriced.status == 1 && unpriced.talk.contains("expected --price-in and --price-out"))
        #expect(try await bench.label(url, ["--budget-usd", "-1"]).status == 64)
        #expect(try await bench.label("ftp://h", []).status == 1)
        try bench.folder.write("in.jsonl", "{\"request\"\n")
        let broken = try await bench.label(url)
        #expect(broken.status == 1 && broken.talk.contains("in.jsonl, line 1: not valid JSON"))
        try bench.folder.write("in.jsonl", "")
        let empty = try await bench.label(url)
        #expect(empty.status == 1 && empty.talk.contains("nothing to label"))
    }
}
