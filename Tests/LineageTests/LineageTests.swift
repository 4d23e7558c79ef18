import Conversations
import Datasets
import Foundation
import GRDB
import Interactions
import JSON
import Lineage
import Registry
import Storage
import Teachers
import Testing
import TestSupport

/// From a registered version back to the logs, in a workspace that an earlier release wrote.
@Suite(.ownThreads) struct LineageTests {
    let earlier: EarlierWorkspace
    var workspace: Workspace { get throws { try Workspace(path: earlier.path) } }

    init() throws { earlier = try EarlierWorkspace() }

    private func curateAgain() throws {
        let task = EarlierWorkspace.source.appending(path: "task.yaml").path
        let outcome = try earlier.run(
            "retort-curate", "--task", task, "--output", earlier.folder.file("dataset"), "--quiet")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private var lineage: DatasetLineage {
        get throws {
            let registry = try ReleaseRegistry(workspace: try workspace)
            let version = try registry.resolve(try VersionSelector("intent:1"))
            let dataset = try #require(version.dataset)
            return try #require(try DatasetLineage(of: dataset, in: try workspace))
        }
    }

    @Test func whatAnEarlierReleaseWroteIsRead() throws {
        #expect(earlier.interactions.count == 16 && earlier.interactions.allSatisfy { $0.count == 64 })
        let store = try InteractionStore(try workspace)
        // The digest of a set is over bare digits, now as then.
        #expect(try store.digest() == ContentDigest(of: earlier.interactions.map { $0 + "\n" }.joined()))
        for hex in earlier.interactions {
            let digest = try #require(ContentDigest(hex))
            #expect(try store.interaction(digest)?.id == digest)
        }
        let ledger = TeacherLedger(database: try workspace.database(TeacherLedger.migrations))
        let times = try ledger.bookings().map(\.time)
        #expect(times.count >= 16)
        #expect(times == earlier.bookingTimes.compactMap { Timestamp.date($0) })
        let outcome = try earlier.run("retort-registry", "verify")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("verified 1 versions and 2 history entries"))
        #expect(try earlier.run("retort-registry", "show", "intent@production").status == 0)
    }

    @Test func digestsHaveOneFormInEveryTable() throws {
        try curateAgain()
        _ = try lineage
        let database = try DatabaseQueue(path: "\(earlier.path)/retort.sqlite")
        try database.read { database in
            let columns = [
                ("interaction", "id"), ("dataset_version", "digest"), ("dataset_version", "task_digest"),
                ("dataset_version", "manifest"), ("dataset_member", "dataset"), ("dataset_member", "example"),
                ("dataset_member", "interaction"), ("dataset_member", "input"), ("dataset_member", "response"),
                ("label_answer", "task"), ("label_answer", "input_digest"), ("teacher_response", "key"),
                ("teacher_response", "digest"), ("registry_version", "artifact"), ("registry_history", "digest"),
            ]
            for (table, column) in columns {
                let texts = try String.fetchAll(
                    database, sql: "SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL")
                #expect(!texts.isEmpty, "\(table).\(column)")
                #expect(texts.allSatisfy { $0.hasPrefix("sha256:") && $0.utf8.count == 71 }, "\(table).\(column)")
            }
            let times = [
                ("interaction", "time"), ("dataset_version", "created_at"), ("label_answer", "answered_at"),
                ("teacher_response", "received_at"), ("teacher_spend", "created_at"), ("pull", "started_at"),
            ]
            for (table, column) in times {
                let types = try String.fetchAll(database, sql: "SELECT DISTINCT typeof(\(column)) FROM \(table)")
                #expect(types == ["integer"], "\(table).\(column): \(types)")
            }
        }
    }

    @Test func rowsOfAnEarlierReleaseHaveNoLabelUntilTheyAreCuratedAgain() throws {
        let before = try lineage
        #expect(before.rows.count == 15)
        #expect(before.rows.allSatisfy { $0.time != nil && $0.teacher == nil && $0.response == nil && $0.model == nil })
        #expect(before.lines.contains { $0.hasPrefix("unknown: who labeled 15 rows") })
        try curateAgain()
        let after = try lineage
        #expect(after.dataset == before.dataset)
        #expect(after.rows.map(\.example) == before.rows.map(\.example))
        #expect(!after.lines.contains { $0.hasPrefix("unknown") })
    }

    /// An adapter that nobody registered names the file of rows that it was trained on.
    @Test func aDatasetIsFoundByOneOfItsFiles() throws {
        try curateAgain()
        let store = try DatasetStore(try workspace)
        let rows = try ContentDigest(ofFile: earlier.folder.file("dataset/train.jsonl"))
        #expect(try store.version(holding: rows, in: try workspace.store) == lineage.dataset)
        #expect(try store.version(holding: ContentDigest(of: "other rows"), in: try workspace.store) == nil)
    }

    /// Every link against the tables it comes from, read one at a time.
    @Test func everyLinkIsTheOneThatTheTablesHold() throws {
        try curateAgain()
        let found = try lineage
        let database = try DatabaseQueue(path: "\(earlier.path)/retort.sqlite")
        let store = try InteractionStore(try workspace)
        var cost = USD.zero
        for row in found.rows {
            let id = try #require(row.interaction)
            let interaction = try #require(try store.interaction(id))
            #expect(row.time == interaction.time)
            let asked = try #require(interaction.messages.last { $0.role == .user })
            let input = ContentDigest(of: asked.content)
            let label = try #require(
                try database.read {
                    try GRDB.Row.fetchOne(
                        $0, sql: "SELECT * FROM label_answer WHERE input_digest = ?", arguments: [input.description])
                })
            let response: String? = label["response"]
            #expect(row.response?.description == response)
            #expect(row.teacher == "openai/frontier-large" && row.model == "frontier-large")
            let units: Int = label["cost_units"]
            #expect(row.cost?.units == units)
            cost += USD(units: units)
        }
        #expect(found.cost == cost && cost > .zero)
        #expect(found.splits.map(\.name) == ["test", "train", "validation"])
    }

    @Test func aLabelThatWasAnsweredAgainIsAnother() throws {
        try curateAgain()
        let database = try DatabaseQueue(path: "\(earlier.path)/retort.sqlite")
        let row = try #require(try lineage.rows.first)
        let response = try #require(row.response).description
        let other = ContentDigest(of: "another answer").description
        try database.write {
            try $0.execute(
                sql: "UPDATE label_answer SET response = ? WHERE response = ?", arguments: [other, response])
        }
        let found = try #require(try lineage.rows.first)
        #expect(found.response == row.response && found.model != nil && found.cost == nil)
    }

    @Test func explainShowsTheChain() throws {
        try curateAgain()
        let outcome = try earlier.run("retort", "explain", "intent:1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        for line in [
            "version: intent:1, adapter sha256:", "registered: ", " by ada, now @production",
            "evaluation: unknown: none was given", "of task support-intent, curated ",
            "rows: 15, 3 test, 11 train, 1 validation",
            "labels: 15 of 15 in the workspace, $", "by openai/frontier-large (15)",
            "responses: 15 of 15 in the workspace, by frontier-large (15)",
            "interactions: 15 of 15 in the workspace, from ",
        ] {
            #expect(outcome.output.contains(line), "\(line) in \(outcome.output)")
        }
        let json = try JSONValue(parsing: Array(try earlier.run("retort", "explain", "intent", "--json").output.utf8))
        let dataset = json["details"]?["dataset"]
        #expect(dataset?["rows"]?.arrayValue?.count == 15)
        let digest = try lineage.dataset.description
        #expect(dataset?["digest"]?.stringValue == digest)
        #expect(dataset?["models"]?["frontier-large"]?.integerValue == 15)
    }

    @Test func anArtifactIsFoundByItsFileAndWhatIsUnknownIsSaid() throws {
        try curateAgain()
        let registry = try ReleaseRegistry(workspace: try workspace)
        let version = try registry.resolve(try VersionSelector("intent:1"))
        let file = earlier.folder.file("adapter.gguf")
        try FileManager.default.copyItem(atPath: registry.store.path(of: version.artifact), toPath: file)
        #expect(try earlier.run("retort", "explain", file).output.contains("version: intent:1, adapter"))
        // Elsewhere nobody knows it, nor what it was trained on.
        let outcome = try Executable.run("retort", ["explain", file, "--workspace", earlier.folder.file("other")])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("artifact: \(version.artifact)\nversion: unknown: no version in "))
        #expect(outcome.output.contains("trained on: sha256:"))
        #expect(outcome.output.contains("dataset: unknown: no dataset in "))
        let missing = try earlier.run("retort", "explain", "intent:9")
        #expect(missing.status == 1 && missing.errors.contains("intent has no version 9, expected 1 to 1"))
        let nothing = try earlier.run("retort", "explain", "nowhere.gguf")
        #expect(nothing.status == 1, "\(nothing.errors)")
    }
}
