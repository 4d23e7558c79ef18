import Datasets
import Foundation
import Interactions
import Randomness
import Storage
import Tasks
import Testing
import TestSupport

@Suite struct DatasetVersionTests {
    @Test func theSameExamplesGiveTheSameBytes() throws {
        let scratch = try ScratchFolder()
        let task = try task()
        let examples = traffic(300, seed: 7)
        var numbers = SplitMix64(seed: 1)
        let workspace = try scratch.workspace()
        let first = try DatasetVersion.write(
            Curation(examples, task: task), task: task, to: "\(scratch.path)/first", in: workspace)
        let second = try DatasetVersion.write(
            Curation(examples.shuffled(using: &numbers), task: task), task: task, to: "\(scratch.path)/second",
            in: workspace)
        #expect(first.digest == second.digest)
        for name in Split.allCases.map(\.fileName) + ["manifest.json"] {
            let files = try ["first", "second"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\($0)/\(name)"))
            }
            #expect(files[0] == files[1])
        }
        let third = try DatasetVersion.write(
            Curation(Array(examples.dropLast()), task: task), task: task, to: "\(scratch.path)/second", in: workspace)
        #expect(third.digest != first.digest)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == [
                "first", "second", "workspace",
            ])
    }

    @Test func rowsComeBackAndLineageIsKept() throws {
        let scratch = try ScratchFolder()
        let task = try task()
        let curation = try Curation(traffic(300, seed: 8), task: task)
        let workspace = try scratch.workspace()
        try DatasetVersion.write(curation, task: task, to: "\(scratch.path)/set", in: workspace)
        let version = try DatasetVersion(path: "\(scratch.path)/set")
        #expect(version.manifest.taskDigest == task.trainingDigest)
        for split in Split.allCases {
            #expect(try version.rows(split) == curation.rows[split])
            #expect(version.manifest.splits[split]?.rows == curation.rows[split]?.count)
            let digest = try #require(version.manifest.splits[split]?.digest)
            #expect(workspace.store.contains(digest))
        }
        let store = try DatasetStore(workspace)
        let metadata = try #require(curation.rows[.train]?.first?.metadata)
        let interaction = try #require(metadata.interaction)
        #expect(try store.versions(containing: interaction) == [version.digest])
        #expect(try store.interactions(of: version.digest)[.train]?.contains(interaction) == true)
        #expect(try DatasetRow.rows(ofFile: version.path(of: .train)).count == curation.rows[.train]?.count)
    }

    @Test func changesAreNoticed() throws {
        let scratch = try ScratchFolder()
        let task = try task()
        let path = "\(scratch.path)/set"
        let version = try DatasetVersion.write(
            Curation(traffic(100, seed: 8), task: task), task: task, to: path, in: scratch.workspace())
        try AtomicFile.write("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n", to: version.path(of: .test))
        #expect(throws: DatasetError.self) { try version.rows(.test) }
        let manifest = try String(contentsOfFile: "\(path)/manifest.json", encoding: .utf8)
        try AtomicFile.write(manifest.replacingOccurrences(of: "intents", with: "intense"), to: "\(path)/manifest.json")
        #expect(throws: DatasetError.self) { try DatasetVersion(path: path) }
        try AtomicFile.write("[]", to: "\(path)/manifest.json")
        #expect(throws: DatasetError.self) { try DatasetVersion(path: path) }
    }

    @Test func otherFoldersAreNotReplaced() throws {
        let scratch = try ScratchFolder()
        let task = try task()
        let curation = try Curation(traffic(100, seed: 8), task: task)
        let precious = try scratch.write("mine/thesis.txt", "years of work")
        #expect(throws: DatasetError.self) {
            try DatasetVersion.write(curation, task: task, to: "\(scratch.path)/mine", in: scratch.workspace())
        }
        #expect(FileManager.default.fileExists(atPath: precious))
    }

    @Test func linesThatAreNoRowsAreNamed() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(
            "train.jsonl",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\nnot json\n{\"messages\":[{\"role\":\"cat\"}]}\n"
        )
        #expect {
            _ = try DatasetRow.rows(ofFile: file)
        } throws: {
            "\($0)".hasPrefix("\(file):2: not valid JSON: ")
                && "\($0)".contains("\n\(file):3: messages[0]: role: 'cat'")
        }
        #expect(throws: StorageError.self) { try DatasetRow.rows(ofFile: "/nowhere/train.jsonl") }
    }
}
