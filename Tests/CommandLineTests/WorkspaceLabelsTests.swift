import Foundation
import JSON
import Replay
import Testing
import TestSupport

/// `retort-curate` on what `retort-label` left in the workspace.
@Suite struct WorkspaceLabelsTests {
    @Test func theWorkspaceHoldsWhatTheOutputSays() async throws {
        let bench = try LabelingBench()
        let common = ["--workspace", bench.folder.file("workspace"), "--json"]
        let curate = ["--task", bench.folder.file("task.yaml"), "--output", bench.folder.file("dataset")] + common
        let early = try await Ended.of("retort-curate", curate)
        #expect(early.status == 1)
        #expect(early.talk.contains("error: the workspace has no labels for task colors"))
        let pulled = try await Ended.of("retort-pull", [bench.folder.file("in.jsonl")] + common)
        #expect(pulled.status == 0, "\(pulled.talk)")
        let server = try rehearsal()
        try await server.serve { url in
            #expect(try await bench.label(url).status == 0)
            let fromFile = try await Ended.of("retort-curate", curate + ["--labels", bench.output])
            let fromWorkspace = try await Ended.of("retort-curate", curate)
            #expect(fromFile.status == 0, "\(fromFile.talk)")
            #expect(try fromFile.count("examples") == 60)
            #expect(try fromWorkspace.count("examples") == 60)
            let digests = try [fromFile, fromWorkspace].map { try $0.report()["outputs"]?["dataset"] }
            #expect(digests[0] != nil && digests[0] == digests[1])

            #expect(try await bench.label(url, ["--dialect", "anthropic"]).status == 0)
            let undecided = try await Ended.of("retort-curate", curate)
            #expect(undecided.status == 1)
            #expect(undecided.talk.contains("anthropic/teacher-1, openai/teacher-1, expected one"))
            let decided = try await Ended.of("retort-curate", curate + ["--teacher", "openai/teacher-1"])
            #expect(decided.status == 0, "\(decided.talk)")
        }
    }
}
