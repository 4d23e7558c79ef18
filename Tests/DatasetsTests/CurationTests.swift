import Conversations
import Datasets
import Dialects
import Foundation
import Interactions
import JSON
import Storage
import Testing
import TestSupport

@Suite struct CurationTests {
    private func metadata(_ curation: Curation, _ split: Split) -> [DatasetRow.Metadata] {
        (curation.rows[split] ?? []).compactMap(\.metadata)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5], ["test_fraction: 0.2", "test_after: 2026-12-15"])
    func nothingLeaks(seed: UInt64, rule: String) throws {
        let examples = traffic(600, seed: seed)
        let task = try task("split: {\(rule), validation_fraction: 0.15, near_duplicate_similarity: 0.7}")
        let curation = try Curation(examples, task: task)
        let rows = Split.allCases.map { metadata(curation, $0) }
        // No group and no pair of similar inputs is in two splits; measured pair by pair.
        let all = rows.enumerated().flatMap { split, rows in rows.map { (split, $0) } }
        let similar = NearDuplicates(all.map(\.1.input))
        var largestToTest = 0.0
        for i in all.indices {
            for j in 0..<i where all[i].0 != all[j].0 {
                #expect(all[i].1.group != all[j].1.group)
                #expect(similar.similarity(i, j) < 0.7)
                if all[i].0 == 2 || all[j].0 == 2 { largestToTest = max(largestToTest, similar.similarity(i, j)) }
            }
        }
        #expect(curation.maximumCrossSplitSimilarity ?? 0 == (largestToTest < 0.5 ? 0 : largestToTest))
        // Nothing outside the test split is newer than where it begins.
        let begins = try #require(curation.testBegins)
        for row in rows[0] + rows[1] { #expect(try #require(row.time) <= begins) }
        #expect(rows.allSatisfy { !$0.isEmpty })
        // Every example is accounted for.
        let counts = curation.counts
        #expect(all.count + counts.exactDuplicates + counts.droppedNearDuplicates + counts.repeated == counts.examples)
        #expect(all.reduce(0) { $0 + $1.1.occurrences } <= counts.examples)
    }

    @Test func aFixedTestPeriodIsKeptWhole() throws {
        let examples = traffic(600, seed: 9)
        let task = try task("split: {test_after: 2026-12-15, near_duplicate_similarity: 0.7}")
        let curation = try Curation(examples, task: task)
        let date = try #require(Timestamp.date("2026-12-15"))
        let inPeriod = Set(examples.filter { $0.time.map { $0 >= date } ?? false }.map { NearKey($0.input) })
        #expect(Set(metadata(curation, .test).map { NearKey($0.input) }) == inPeriod)
        #expect(curation.counts.droppedNearDuplicates > 0)
    }

    /// Case and white space, which exact duplicates differ in.
    private struct NearKey: Hashable {
        let text: String
        init(_ input: String) { text = input.lowercased().split(separator: " ").joined(separator: " ") }
    }

    private func example(_ input: String, _ label: String, day: Int) -> LabeledExample {
        LabeledExample(
            interaction: nil, time: Timestamp.date(milliseconds: 1_790_000_000_000 + day * 86_400_000), input: input,
            label: label)
    }

    /// A row's log-probabilities are those of its label, whoever of the same input has them.
    @Test func logProbabilitiesFollowTheLabel() throws {
        func taught(_ label: String) throws -> TokenLogprobs {
            try TokenLogprobs(["content": [["token": .string(label), "logprob": -0.5]]], answer: label, label: label)
        }
        var examples = [
            example("send my money back", "track", day: 0), example("Send my  money back", "refund", day: 1),
            example("SEND MY MONEY BACK", "refund", day: 2), example("something quite different", "other", day: 3),
            example("and now the newest of all", "track", day: 4),
        ]
        examples[0].logprobs = try taught("track")
        examples[2].logprobs = try taught("refund")
        let curation = try Curation(examples, task: task("split: {test_fraction: 0.3, validation_fraction: 0}"))
        let row = try #require(curation.rows[.train]?.first { $0.metadata?.occurrences == 3 })
        #expect(row.logprobs == examples[2].logprobs)
        #expect(row.json["messages"]?.arrayValue?.last?["logprobs"] == examples[2].logprobs?.json)
        #expect(curation.counts.withLogprobs == 1)
    }

    @Test func theMajorityLabelsAnInput() throws {
        let examples = [
            example("send my money back", "track", day: 0), example("Send my  money back", "refund", day: 1),
            example("SEND MY MONEY BACK", "refund", day: 2), example("something quite different", "other", day: 3),
            example("and now the newest of all", "track", day: 4),
        ]
        let curation = try Curation(examples, task: task("split: {test_fraction: 0.3, validation_fraction: 0}"))
        #expect(curation.counts.exactDuplicates == 2)
        #expect(curation.counts.contradictions == 1)
        let row = try #require(metadata(curation, .train).first { $0.occurrences == 3 })
        #expect((row.label, row.input) == ("refund", "send my money back"))
        #expect(curation.rows[.test]?.first?.messages.last == Message(.assistant, "track"))
        #expect(curation.warnings.contains("label refund has 1 rows to train on"))
    }

    @Test func goldIsJoinedByInput() throws {
        let scratch = try ScratchFolder()
        let gold = try scratch.write(
            "gold.jsonl",
            "{\"input\":\"and now the newest\",\"label\":\"other\"}\n{\"input\":\"unheard of\",\"label\":\"track\"}\n"
        )
        let task = try task("split: {test_fraction: 0.3, validation_fraction: 0}")
        let examples = [
            example("send my money back", "refund", day: 0), example("where is the parcel", "track", day: 1),
            example("and now the newest", "track", day: 4),
        ]
        let curation = try Curation(examples, gold: GoldTruths(path: gold, task: task), task: task)
        #expect(metadata(curation, .test).map(\.gold) == ["other"])
        #expect(metadata(curation, .test).map(\.truth) == ["other"])
        #expect((curation.counts.gold, curation.counts.goldUnmatched) == (1, 1))
    }

    @Test func emptyPeriodsAreRefused() throws {
        let examples = traffic(50, seed: 3)
        #expect(throws: DatasetError.self) { try Curation(examples, task: task("split: {test_after: 2030-01-01}")) }
        #expect(throws: DatasetError.self) { try Curation(examples, task: task("split: {test_after: 2020-01-01}")) }
        #expect(throws: DatasetError("no labeled examples, expected one or more")) { try Curation([], task: task()) }
    }

    @Test func linesThatAreNoExamplesAreNamed() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(
            "labels.jsonl",
            """
            {"input":"a","label":"track"}
            {"input":"b","label":"trakc"}

            {oops
            {"label":"track"}
            {"input":"c","label":"refund","time":"whenever"}
            """)
        #expect {
            _ = try LabeledExample.examples(ofFile: file, task: task())
        } throws: {
            "\($0)" == """
                \(file):2: label: 'trakc', expected one of the 3 labels of task intents
                \(file):4: not valid JSON: a key in quotes was expected at column 2, expected one JSON \
                value a line
                \(file):5: input: missing, expected a text
                \(file):6: time: not a time, expected ISO 8601, or epoch seconds, milliseconds, microseconds or \
                nanoseconds, of the years 1980 to 2199
                """
        }
    }
}
