import Foundation
import StageInterface
import Storage
import Testing

@Suite struct StageReportTests {
    @Test func survivesItsOwnJSON() throws {
        var report = StageReport(stage: "retort-pull")
        report.startedAt = Date(timeIntervalSince1970: 1_767_571_200)
        report.seconds = 1.5
        report.peakMemoryBytes = 4096
        report.outputs = ["interactions": "sha256:00"]
        report.counts = ["rows": 3]
        report.figures = ["spent_usd": 0.25]
        report.failure = .init(StageFailure(.stopped, "budget", hint: "raise it"))
        let text = try report.json()
        #expect(
            text == """
                {"counts":{"rows":3},"failure":{"exit_status":4,"hint":"raise it","message":"budget"},\
                "figures":{"spent_usd":0.25},"inputs":{},"outputs":{"interactions":"sha256:00"},\
                "peak_memory_bytes":4096,"seconds":1.5,"stage":"retort-pull","started_at":"2026-01-05T00:00:00Z",\
                "status":"done"}
                """)
        let back = try StageReport(parsing: Data(text.utf8))
        #expect(back.startedAt == report.startedAt)
        #expect(back.figures == report.figures)
        #expect(back.failure?.exitStatus == 4)
    }

    @Test func errorsHaveTheExitStatusTheyDeserve() {
        struct Unknown: Error {}
        #expect(StageFailure(StorageError(.input, "x")).status == .badInput)
        #expect(StageFailure(StorageError(.busy, "x", hint: "wait")).status == .tryLater)
        #expect(StageFailure(StorageError(.busy, "x", hint: "wait")).hint == "wait")
        #expect(StageFailure(ConfigurationError(file: "f", problems: ["p"])).description == "f: p")
        #expect(StageFailure(Unknown()).status == .ourFault)
        #expect(StageFailure(CancellationError()).status == .tryLater)
        #expect(StageFailure(StageFailure(.refused, "no")).status == .refused)
    }

    @Test func peakMemoryIsWhatTheKernelCounts() throws {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kilobytes = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
        #expect(abs(ProcessUsage.peakMemoryBytes - kilobytes * 1024) < 8 << 20)
    }
}
