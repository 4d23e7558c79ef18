import Foundation
import JSON
import Testing
import TestSupport

/// Labels as people correct, repeat and check them, through the built `retort-curate`.
@Suite(.ownThreads) struct CurateCasesTests {
    private let folder: ScratchFolder
    private let task: String

    init() throws {
        folder = try ScratchFolder()
        task = try folder.write(
            "task.yaml",
            """
            name: desk
            kind: classification
            labels: [{name: refund}, {name: parcel}, {name: other}]
            prompts:
              student: {system: Name the desk., user: "{input}"}
              teacher: {system: "Answer with one of: {label_names}", user: "{input}"}
            split: {test_fraction: 0.2, validation_fraction: 0}
            """)
    }

    private static let things = [
        "kettle", "lamp", "sofa", "rug", "mirror", "vase", "clock", "chair", "desk", "shelf", "bowl", "plate", "towel",
        "quilt", "fan", "heater", "oven", "pan", "knife", "jug",
    ]
    private static let words = [
        "amber", "basalt", "copper", "dune", "ember", "fjord", "glacier", "harbor", "indigo", "jasper", "kelp",
        "lagoon",
        "marble", "nectar", "onyx", "pebble", "quartz", "raven", "saffron", "tundra",
    ]

    private func input(_ number: Int) -> String {
        let words = CurateCasesTests.words
        return
            "The \(CurateCasesTests.things[number]) \(words[number]) \(words[(number * 7 + 3) % 20]) broke, what now?"
    }

    private func line(_ input: String, _ label: String, day: Int, more: String = "") -> String {
        let text = JSONValue.string(input).serialized()
        let date = "2026-01-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
        return #"{"input":\#(text),"label":"\#(label)","time":"\#(date)"\#(more)}"#
    }

    private func base(id: ((Int) -> String)? = nil) -> [String] {
        (0..<20).map { number in
            line(input(number), "refund", day: number + 1, more: id.map { #","id":"\#($0(number))""# } ?? "")
        }
    }

    private func curate(
        _ lines: [String], _ arguments: String..., output: String = "set", workspace: String = "w"
    ) throws -> (outcome: Executable.Outcome, report: CaseReport?) {
        let labels = try folder.write("labels.jsonl", lines.joined(separator: "\n") + "\n")
        let outcome = try Executable.run(
            "retort-curate",
            [
                "--task", task, "--labels", labels, "--output", "\(folder)/\(output)", "--workspace",
                "\(folder)/\(workspace)", "--json",
            ]
                + arguments)
        return (outcome, CaseReport(outcome.output))
    }

    /// The lines of a split, by input.
    private func rows(_ output: String = "set") throws -> [String: JSONValue] {
        var rows: [String: JSONValue] = [:]
        for split in ["train", "validation", "test"] {
            for line in try String(contentsOfFile: "\(folder)/\(output)/\(split).jsonl", encoding: .utf8).split(
                separator: "\n")
            {
                let row = try JSONValue(parsing: String(line))
                rows[row["metadata"]?["input"]?.stringValue ?? ""] = row
            }
        }
        return rows
    }

    private func digest(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "sha256:" + String(repeating: "a", count: 64 - digits.count) + digits
    }

    // MARK: Corrections

    @Test func aCorrectionWithTheOldIdWins() throws {
        let corrections = [2, 3].map { line(input($0), "other", day: $0 + 1, more: #","id":"\#(digest($0))""#) }
        let (outcome, report) = try curate(base(id: digest) + corrections)
        #expect(report?.counts["corrected"] == 2, "\(outcome.errors)")
        #expect(report?.counts["repeated"] == 0)
        #expect(try rows()[input(2)]?["metadata"]?["label"] == "other")
        #expect(try rows()[input(3)]?["messages"]?.arrayValue?.last?["content"] == "other")
        let labels = folder.file("labels.jsonl")
        #expect(
            outcome.errors.contains(
                "2 labels are corrected by a later one of the same id: \(labels):21 instead of \(labels):3, "
                    + "\(labels):22 instead of \(labels):4"), "\(outcome.errors)")
    }

    @Test func theLaterTimeCorrectsWhereverItStands() throws {
        let corrected = line(input(2), "other", day: 28, more: #","id":"\#(digest(2))""#)
        let report = try curate([corrected] + base(id: digest)).report
        #expect(report?.counts["corrected"] == 1)
        #expect(try rows()[input(2)]?["metadata"]?["label"] == "other")
    }

    @Test func aCorrectionWithoutIdsWins() throws {
        let (outcome, report) = try curate(base() + [line(input(2), "other", day: 3)])
        #expect(report?.counts["contradictions"] == 1)
        #expect(try rows()[input(2)]?["metadata"]?["label"] == "other")
        #expect(outcome.errors.contains("warning: 1 inputs have several labels"), "\(outcome.errors)")
        #expect(outcome.errors.contains("labels.jsonl:3 and "))
    }

    @Test func inputsThatShareAnIdAllCount() throws {
        let (outcome, report) = try curate(base { _ in digest(7) })
        #expect(report?.counts["reused_ids"] == 20, "\(outcome.errors)")
        #expect(try rows().count == 20)
        #expect(Set(try rows().values.map { $0["metadata"]?["id"] }).count == 20)
        #expect(outcome.errors.contains("warning: 20 examples share 1 ids with other inputs"))
    }

    // MARK: Checked truths

    @Test func checkedTruthsAreTheAnswersThatAreTrained() throws {
        let gold = try folder.write(
            "gold.jsonl",
            [
                line(input(0), "parcel", day: 1), line(input(0).lowercased(), "other", day: 1),
                line("nothing like it", "other", day: 1),
            ]
            .joined(separator: "\n"))
        let (outcome, report) = try curate(base(), "--gold", gold)
        let row = try #require(try rows()[input(0)])
        #expect(row["messages"]?.arrayValue?.last?["content"] == "parcel")
        #expect(row["metadata"]?["label"] == "refund")
        #expect(row["metadata"]?["gold"] == "parcel")
        #expect(report?.counts["gold_replaced"] == 1)
        #expect(outcome.errors.contains("checked truths replace the teacher's label in 1 rows"), "\(outcome.errors)")
        #expect(
            outcome.errors.contains(
                "warning: 2 of 3 checked truths match no input (\(gold):2, \(gold):3); 1 of them would but for case"),
            "\(outcome.errors)")
        #expect(report?.counts["gold_unmatched"] == 2)
    }

    // MARK: Lines that are no examples

    @Test(arguments: [
        (#"{"input":"   ","label":"refund"}"#, "input: blank, expected a text"),
        (#"{"input":"\u200b","label":"refund"}"#, "input: blank, expected a text"),
        (#"{"input":"\u00a0\u3000\u2028","label":"refund"}"#, "input: blank, expected a text"),
        (#"{"input":"\ufeff\u0000","label":"refund"}"#, "input: blank, expected a text"),
        (#"{"input":"a","label":"refund","label":"other"}"#, "a key twice in one object, expected it once"),
        (#"{"input":"a","label":"refund","slices":"b"}"#, "slices: not a list of texts, expected one"),
        (#"{"input":"a","label":"refund","gold":" "}"#, "gold: blank, expected a text"),
        (#"{"input":"a","label":"Refund"}"#, "label: 'Refund', expected one of the 3 labels of task desk"),
        (#"{"input":"a","label":"refund","time":"1/5/2026"}"#, "time: not a time, expected ISO 8601"),
        (#"{"input":"a" "label":"refund"}"#, "not valid JSON: ',' or '}' was expected at column 14"),
        ("\u{0}\u{0}", "not valid JSON: a NUL byte, expected a value at column 1"),
    ])
    func linesThatAreNoExamplesAreNamed(line: String, reason: String) throws {
        let outcome = try curate(base() + [line]).outcome
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("labels.jsonl:21: \(reason)"), "\(outcome.errors)")
    }

    // MARK: Versions

    @Test func anotherVersionInTheSameFolderLeavesTheFirst() throws {
        let first = try curate(base()).report?.outputs["dataset"]
        let second = try curate(base() + [line("quite another thing", "other", day: 28)])
        #expect(second.outcome.status == 0)
        for digest in [first, second.report?.outputs["dataset"]].compactMap(\.self) {
            let path = "\(folder)/w/datasets/\(digest.dropFirst(7))"
            let manifest = try JSONValue(parsing: String(contentsOfFile: "\(path)/manifest.json", encoding: .utf8))
            #expect(manifest["digest"]?.stringValue == digest)
            #expect(FileManager.default.fileExists(atPath: "\(path)/train.jsonl"))
        }
        #expect(second.outcome.errors.contains("the version that was in \(folder)/set stays in \(folder)/w/datasets/"))
        // One that another workspace made stays, too.
        let third = try curate(base().dropLast(), workspace: "v")
        #expect(third.outcome.status == 0)
        let kept = try #require(second.report?.outputs["dataset"]).dropFirst(7)
        #expect(FileManager.default.fileExists(atPath: "\(folder)/v/datasets/\(kept)/manifest.json"))
        let rights = try FileManager.default.attributesOfItem(atPath: "\(folder)/set/train.jsonl")[.posixPermissions]
        #expect(rights as? Int == 0o600)
    }

    // MARK: Logs as labels

    @Test func onlyFinishedAnswersOfTeachersAreLabels() throws {
        let generation = try folder.write(
            "replies.yaml",
            """
            name: replies
            kind: generation
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
            split: {test_fraction: 0.2, validation_fraction: 0}
            """)
        func row(_ number: Int, _ message: String, finish: String = "stop", request: String = "", more: String = "")
            -> String
        {
            #"{"timestamp":\#(1_767_000_000 + number),"request":{"model":"g"\#(request),"messages":[{"role":"user","content":"#
                + #""\#(input(number))"}]},"response":{"choices":[{"index":0,"message":\#(message),"finish_reason":"\#(finish)"}]}\#(more)}"#
        }
        let text = #"{"role":"assistant","content":"Let me look."}"#
        let called =
            #"{"role":"assistant","content":"Let me look.","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#
        func decision(_ escalated: Bool) -> String {
            #","decision":{"adapter":null,"escalated":\#(escalated),"cause":"x","latency_ms":1}"#
        }
        let lines =
            (0..<6).map { row($0, text) } + [
                row(6, called, finish: "tool_calls"), row(7, called), row(8, text, more: decision(false)),
                row(9, text, more: decision(true)),
                row(10, text, request: #","logit_bias":{"5":100}"#, more: decision(true)),
                row(11, text, request: #","stop":["."]"#, more: decision(true)),
            ]
        let log = try folder.write("log.jsonl", lines.joined(separator: "\n"))
        let pulled = try Executable.run("retort-pull", log, "--workspace", "\(folder)/w", "--quiet")
        #expect(pulled.status == 0, "\(pulled.errors)")
        let outcome = try Executable.run(
            "retort-curate", "--task", generation, "--logged", "--output", "\(folder)/set", "--workspace",
            "\(folder)/w",
            "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try rows().count == 7)
        #expect(try rows()[input(9)] != nil)
        for said in [
            "2 interactions left out: the answer: a call of a tool, expected text alone",
            "1 interactions left out: the answer: of a model of ours, expected a teacher's",
            "1 interactions left out: the answer: steered by the request's logit_bias",
            "1 interactions left out: the answer: steered by the request's stop",
        ] {
            #expect(outcome.errors.contains(said), "\(outcome.errors)")
        }
    }

    /// A row that a server logged, answered with `refund`.
    private func served(_ number: Int, _ more: String = "") -> String {
        #"{"timestamp":\#(1_767_000_000 + number),"request":{"model":"desk","messages":[{"role":"user","content":"#
            + #""\#(input(number))"}]},"response":{"model":"big-2026-01-05","choices":[{"index":0,"message":{"role":"assistant","#
            + #""content":"refund"},"finish_reason":"stop"}]}\#(more)}"#
    }

    @Test func whatTheTeacherAnsweredWhenItWasServedIsNotPaidForAgain() async throws {
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let escalated = #","decision":{"adapter":"a","escalated":true,"cause":"below_threshold","latency_ms":1}"#
        let own = #","decision":{"adapter":"a","escalated":false,"cause":"confident","latency_ms":1}"#
        let log = try folder.write(
            "log.jsonl", [served(0, escalated), served(1, own), served(2)].joined(separator: "\n"))
        #expect(try Executable.run("retort-pull", log, "--workspace", "\(folder)/w").status == 0)
        let outcome = try Executable.run(
            "retort-label", "--task", task, "--endpoint", teacher.url + "/v1", "--model", "big", "--price-in", "2",
            "--price-out", "8", "--workspace", "\(folder)/w", "--output", "\(folder)/l.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("1 inputs were answered by big when they were served"), "\(outcome.errors)")
        #expect(teacher.requests.count == 2)
        let labels = try String(contentsOfFile: "\(folder)/l.jsonl", encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
        #expect(labels.map { $0["label"] } == ["refund", "parcel", "parcel"])
    }

    /// The newest rows test; without times there are none.
    @Test func rowsWithoutTimesAreSaidToTestNothingNew() throws {
        let timeless = (0..<20).map { #"{"input":"\#(input($0))","label":"refund"}"# }
        let (outcome, _) = try curate(timeless)
        #expect(outcome.status == 0)
        #expect(
            outcome.errors.contains("no row has a time: the test split is chosen by chance"), "\(outcome.errors)")
        let some = try curate(base().dropLast(2) + timeless.suffix(2), output: "some").outcome
        #expect(some.errors.contains("2 of 20 rows have no time"), "\(some.errors)")
        #expect(try !curate(base(), output: "all").outcome.errors.contains("time"))
    }

    /// What the frontier said to another task is no label of this one, whatever the two have in common.
    @Test func anAnswerToAnotherTaskIsNoLabel() async throws {
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let digest = "sha256:" + String(repeating: "0", count: 64)
        func decision(_ task: String) -> String {
            #","decision":{\#(task)"escalated":true,"escalated_to":"big","cause":"below_threshold","latency_ms":1}"#
        }
        let log = try folder.write(
            "log.jsonl",
            [
                served(0, decision(#""label_task":"\#(digest)","#)), served(1, decision(#""task":"\#(digest)","#)),
                served(2, decision("") + #","workload_id":"other""#),
            ].joined(separator: "\n"))
        #expect(try Executable.run("retort-pull", log, "--workspace", "\(folder)/w").status == 0)
        let outcome = try Executable.run(
            "retort-label", "--task", task, "--endpoint", teacher.url + "/v1", "--model", "big", "--price-in", "2",
            "--price-out", "8", "--workspace", "\(folder)/w", "--output", "\(folder)/l.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("3 answers of the frontier were to other tasks"), "\(outcome.errors)")
        #expect(teacher.requests.count == 3)
        let logged = try Executable.run(
            "retort-curate", "--task", task, "--logged", "--output", "\(folder)/set", "--workspace", "\(folder)/w")
        #expect(logged.status == 1)
        #expect(logged.errors.contains("3 interactions left out: the answer: to another task"), "\(logged.errors)")
    }

    @Test(arguments: [(#""""#, "label: blank"), (#"["refund"]"#, "label: an array"), ("5", "label: an integer")])
    func whatStandsInATruthsPlaceIsNamed(label: String, found: String) throws {
        let labels = try folder.write("l.jsonl", #"{"input":"a","label":"refund"}"#)
        let gold = try folder.write("g.jsonl", #"{"input":"a","label":\#(label)}"#)
        let outcome = try Executable.run(
            "retort-curate", "--task", task, "--labels", labels, "--gold", gold, "--output", folder.file("d"),
            "--workspace", folder.file("w"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("g.jsonl:1: \(found), expected a text"), "\(outcome.errors)")
    }

    /// The answers to another desk's traffic became labels of this one.
    @Test func answersOfSeveralWorkloadsAreSaid() throws {
        let lines = (0..<20).map { number in
            #"{"timestamp":\#(1_767_000_000 + number),"workload_id":"\#(number < 5 ? "billing" : "desk")","request":{"#
                + #""messages":[{"role":"user","content":"\#(input(number))"}]},"response":{"choices":[{"index":0,"#
                + #""message":{"role":"assistant","content":"refund"},"finish_reason":"stop"}]}}"#
        }
        let log = try folder.write("log.jsonl", lines.joined(separator: "\n"))
        let workspace = folder.file("w")
        #expect(try Executable.run("retort-pull", log, "--workspace", workspace).status == 0)
        let mixed = try Executable.run(
            "retort-curate", "--task", task, "--logged", "--output", folder.file("d"), "--workspace", workspace)
        #expect(
            mixed.errors.contains(
                "interactions of 2 workloads are taken for one task (desk 15, billing 5); --workload takes those of one"
            ),
            "\(mixed.errors)")
        let one = try Executable.run(
            "retort-curate", "--task", task, "--logged", "--workload", "desk", "--output", folder.file("d2"),
            "--workspace", workspace)
        #expect(one.status == 0 && !one.errors.contains("workloads are taken"), "\(one.errors)")
    }

    @Test func truthsThatContradictEachOtherAreRefused() throws {
        let labels = try folder.write("l.jsonl", #"{"input":"a","label":"refund"}"#)
        let gold = try folder.write(
            "g.jsonl", #"{"input":"a","label":"parcel"}"# + "\n" + #"{"input":" a ","label":"other"}"#)
        let outcome = try Executable.run(
            "retort-curate", "--task", task, "--labels", labels, "--gold", gold, "--output", folder.file("d"),
            "--workspace", folder.file("w"))
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains("g.jsonl:2: label: 'other', but an earlier line has 'parcel' for the same input"),
            "\(outcome.errors)")
    }
}
