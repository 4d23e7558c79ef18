import Foundation
import JSON
import Testing
import TestSupport

/// Folders of logs and tags of rows, through the built `retort-pull`.
@Suite(.ownThreads) struct PullFoldersCasesTests: PullSuite {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test func rowsThatAreThereCanBeTagged() throws {
        let path = try folder.write(
            "log.jsonl", (0..<3).map { row("\(1_767_000_000 + $0)", #""hi \#($0)""#) }.joined(separator: "\n"))
        #expect(try pull(path).report?.counts["kept"] == 3)
        let tagged = try pull(path, "--workload", "desk", "--output", "\(folder)/desk.jsonl")
        #expect(tagged.report?.counts["already_there"] == 3)
        #expect(tagged.report?.counts["tagged_later"] == 3)
        #expect(try output("\(folder)/desk.jsonl").map { $0["workload_id"] } == ["desk", "desk", "desk"])
        // A second task on the same logs takes nothing from the first.
        let other = try pull(path, "--workload", "mail", "--output", "\(folder)/mail.jsonl")
        #expect(other.report?.counts["tagged_later"] == 3)
        #expect(try output("\(folder)/mail.jsonl").map { $0["workload_id"] } == ["mail", "mail", "mail"])
        let again = try pull(path, "--workload", "desk", "--output", "\(folder)/desk.jsonl")
        #expect(again.report?.counts["tagged_later"] == nil)
        #expect(again.report?.outputs == tagged.report?.outputs)
        #expect(try output("\(folder)/desk.jsonl").count == 3)
    }

    @Test func aClientDoesNotChooseTheTagOfADecision() throws {
        let decision = #","decision":{"adapter":"a","escalated":true,"cause":"below_threshold","latency_ms":1}"#
        let chosen = #""model":"g","user":"mallory","metadata":{"workload_id":"mail"},"#
        let line = row("1767000001", #""hi""#, extra: #","workload_id":"desk""# + decision)
        let untagged = row("1767000002", #""ho""#, extra: decision)
        let lines = [line, untagged].map { $0.replacingOccurrences(of: #""model":"g","#, with: chosen) }
        _ = try pull(try folder.write("log.jsonl", lines.joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        let rows = try output("\(folder)/out.jsonl")
        #expect(rows.map { $0["workload_id"] } == ["desk", nil])
        #expect(rows.map { $0["client_id"] } == [nil, nil])
    }

    @Test func whatIsPassedOverIsSaid() throws {
        for (number, name) in ["a.jsonl", "C.JSONL", "b.ndjson", "a.jsonl.1", "r.jsonl-20260105", "sub/s.jsonl"]
            .enumerated()
        {
            try folder.write("logs/\(name)", row("\(1_767_000_000 + number)", #""hi \#(number)""#))
        }
        try folder.write("logs/notes.txt", "no log")
        try folder.write("elsewhere/e.jsonl", row("1767000100", #""elsewhere""#))
        try folder.write("elsewhere/f.jsonl", row("1767000101", #""linked""#))
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(folder)/logs/linked", withDestinationPath: "\(folder)/elsewhere")
        try manager.createSymbolicLink(
            atPath: "\(folder)/logs/f.jsonl", withDestinationPath: "\(folder)/elsewhere/f.jsonl")
        try manager.createSymbolicLink(atPath: "\(folder)/logs/sub/t.jsonl", withDestinationPath: "s.jsonl")
        #expect(mkfifo("\(folder)/logs/pipe.jsonl", 0o600) == 0)
        #expect(mknod("\(folder)/logs/socket.jsonl", S_IFSOCK | 0o600, 0) == 0)
        let (outcome, report) = try pull("\(folder)/logs")
        #expect(report?.counts["kept"] == 6, "\(outcome.errors)")
        #expect(report?.counts["passed_over"] == 5)
        for said in [
            "warning: passed over \(folder)/logs/linked: a symbolic link to a directory, which is not followed",
            "warning: passed over \(folder)/logs/notes.txt: not named as a log",
            "warning: passed over \(folder)/logs/pipe.jsonl: no regular file",
            "warning: passed over \(folder)/logs/socket.jsonl: no regular file",
            "warning: passed over \(folder)/logs/f.jsonl: a symbolic link out of the folder, which is not followed",
            "read through a symbolic link: \(folder)/logs/sub/t.jsonl",
        ] {
            #expect(outcome.errors.contains(said), "\(outcome.errors)")
        }
        for device in ["/dev/zero", "/dev/full"] {
            let outcome = try pull(device).outcome
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("\(device): it is a device or a pipe, expected a file or a directory"))
        }
        let pipe = try pull("\(folder)/logs/pipe.jsonl").outcome
        #expect(pipe.status == 1)
        #expect(pipe.errors.contains("it is a device or a pipe, expected a file or a directory"))
        #expect(try pull("\(folder)/logs/linked").report?.counts["seen"] == 2)
    }

    @Test func aSignalEndsTheWaitForAPipe() throws {
        let process = Executable.process("retort-pull", ["-", "--workspace", "\(folder)/w"])
        let pipe = Pipe()
        process.standardInput = pipe
        try process.run()
        pipe.fileHandleForWriting.write(Data((row("1767000001", #""hello""#) + "\n").utf8))
        usleep(1_500_000)
        #expect(process.isRunning)
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 75)
        try pipe.fileHandleForWriting.close()
    }
}
