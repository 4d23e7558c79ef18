import Foundation
import JSON
import Replay
import Testing
import TestSupport

/// `retort-label --logprobs` against a replay server, and what `retort-curate` makes of it.
@Suite struct LabelLogprobsTests {
    /// Each answer in two tokens with three alternatives; four inputs have something wrong with theirs.
    private static let recording: [JSONValue] = LabelingBench.recording.enumerated().map { index, line in
        guard let answer = line["answer"]?.stringValue, let input = line["input"] else { return line }
        func entry(_ text: String, _ logprob: Double) -> JSONValue {
            let alternatives = zip([text, "x", "yz"], [logprob, -3.5, -7.25]).map { text, logprob -> JSONValue in
                [
                    "token": .string(text), "logprob": .number(logprob),
                    "bytes": .array(text.utf8.map { .integer(Int($0)) }),
                ]
            }
            var object = alternatives[0].objectValue ?? JSONObject()
            object["top_logprobs"] = .array(alternatives)
            return .object(object)
        }
        let halves = [
            entry(String(answer.prefix(2)), -0.30000000000000004), entry(String(answer.dropFirst(2)), -0.125),
        ]
        switch index {
        case 0: return line
        case 1: return ["input": input, "answer": .string(answer), "logprobs": ["content": [entry(answer, 0.5)]]]
        case 2:
            let quoted = [entry("\"", -0.05)] + halves + [entry("\"", -0.06)]
            return ["input": input, "answer": .string("\"\(answer)\""), "logprobs": ["content": .array(quoted)]]
        case 3: return ["input": input, "answer": "RED", "logprobs": ["content": [entry("RED", -0.1)]]]
        default: return ["input": input, "answer": .string(answer), "logprobs": ["content": .array(halves)]]
        }
    }

    private func lines(_ bench: LabelingBench) throws -> [String: JSONValue] {
        let lines = try bench.bytes().split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: $0) }
        return Dictionary(lines.map { ($0["input"]?.stringValue ?? "", $0) }) { first, _ in first }
    }

    @Test func theyAreKeptWithTheLabelAndPaidForOnce() async throws {
        let bench = try LabelingBench()
        let server = try rehearsal(recording: LabelLogprobsTests.recording)
        try await server.serve { url in
            let ended = try await bench.label(url, ["--logprobs", "2"])
            #expect(ended.status == 0, "\(ended.talk)")
            #expect(try ended.count("labeled") == 50)
            #expect(try ended.count("with_logprobs") == 47)
            let expected: JSONValue = ["malformed": 1, "missing": 1, "other_text": 1]
            #expect(try ended.report()["details"]?["without_logprobs"] == expected)
            #expect(
                ended.talk.contains(
                    "3 of 50 labels have no log-probabilities: those of 1 are no log-probabilities, 1 answers came without "
                        + "any, those of 1 spell another text than the label"), "\(ended.talk)")
            let examples = try lines(bench)
            for (index, text) in LabelingBench.texts.enumerated() {
                let example = try #require(examples[text])
                let entries = example["logprobs"]?["content"]?.arrayValue
                guard ![0, 1, 3].contains(index) else {
                    #expect(entries == nil)
                    continue
                }
                #expect(entries?.compactMap { $0["token"]?.stringValue }.joined() == example["label"]?.stringValue)
                #expect(entries?.map { $0["logprob"] } == [.number(-0.30000000000000004), -0.125])
                #expect(entries?.allSatisfy { $0["top_logprobs"]?.arrayValue?.count == 2 } == true)
            }
            let bytes = try bench.bytes()
            let again = try await bench.label(url, ["--logprobs", "2"])
            #expect(try again.count("asked") == 0)
            #expect(try again.count("with_logprobs") == 47)
            #expect(try bench.bytes() == bytes)

            // Another number of alternatives is another request; going back to the first costs nothing.
            let other = try await bench.label(url, ["--logprobs", "1"])
            #expect(try other.count("asked") == 50)
            #expect(try bench.bytes() != bytes)
            let back = try await bench.label(url, ["--logprobs", "2"])
            #expect(try back.count("asked") == 0)
            #expect(try bench.bytes() == bytes)
            let plain = try await bench.label(url)
            #expect(try plain.count("asked") == 0)
            #expect(try plain.count("with_logprobs") == nil)
            #expect(server.statistic("requests") == 100)
        }
    }

    @Test func aTeacherThatRefusesThemCostsNoLabel() async throws {
        let bench = try LabelingBench()
        try await rehearsal().serve { url in
            let ended = try await bench.label(url)
            #expect(ended.status == 0)
        }
        let labels = try bench.labels()
        let refusing = try rehearsal { $0.faults = try Faults("400=1") }
        try await refusing.serve { url in
            let ended = try await bench.label(url, ["--logprobs", "5", "--concurrency", "1"])
            #expect(ended.status == 1)
            #expect(ended.talk.contains("hint: the model may give no log-probabilities: try it without --logprobs"))
            let plain = try await bench.label(url)
            #expect(plain.status == 0, "\(plain.talk)")
            #expect(try plain.count("asked") == 0)
            #expect(try bench.labels() == labels)
        }
        // One that knows no such option answers without them.
        try await rehearsal().serve { url in
            let ended = try await bench.label(url, ["--logprobs", "5"])
            #expect(ended.status == 0)
            #expect(try ended.report()["details"]?["without_logprobs"] == ["missing": 50])
            #expect(ended.talk.contains("50 of 50 labels have no log-probabilities: 50 answers came without any"))
            #expect(try bench.labels() == labels)
        }
    }

    @Test(arguments: [["--logprobs", "21"], ["--logprobs=-1"], ["--logprobs", "5", "--dialect", "anthropic"]])
    func whatNoTeacherGivesIsAUsageError(flags: [String]) async throws {
        let bench = try LabelingBench()
        let ended = try await bench.label("http://127.0.0.1:9", flags)
        #expect(ended.status == 64)
        #expect(ended.talk.contains("--logprobs: "), "\(ended.talk)")
    }

    @Test func curationCarriesThemIntoTheRows() async throws {
        let bench = try LabelingBench()
        let common = ["--workspace", bench.folder.file("workspace"), "--json"]
        let curate = ["--task", bench.folder.file("task.yaml"), "--output", bench.folder.file("dataset")] + common
        #expect(try await Ended.of("retort-pull", [bench.folder.file("in.jsonl")] + common).status == 0)
        let server = try rehearsal(recording: LabelLogprobsTests.recording)
        try await server.serve { url in
            #expect(try await bench.label(url, ["--logprobs", "2"]).status == 0)
            let fromFile = try await Ended.of("retort-curate", curate + ["--labels", bench.output])
            let fromWorkspace = try await Ended.of("retort-curate", curate)
            #expect(fromFile.status == 0, "\(fromFile.talk)")
            #expect(try fromFile.count("with_logprobs") == 47)
            let digests = try [fromFile, fromWorkspace].map { try $0.report()["outputs"]?["dataset"] }
            #expect(digests[0] != nil && digests[0] == digests[1])
            let examples = try lines(bench)
            let rows = try String(contentsOfFile: bench.folder.file("dataset/train.jsonl"), encoding: .utf8)
            for row in try rows.split(separator: "\n").map({ try JSONValue(parsing: String($0)) }) {
                let input = row["metadata"]?["input"]?.stringValue ?? ""
                #expect(row["messages"]?.arrayValue?.last?["logprobs"] == examples[input]?["logprobs"])
            }
        }
        // A label that somebody changed by hand is not spelled by the teacher's tokens any more.
        let changed = try String(contentsOfFile: bench.output, encoding: .utf8).replacing(
            #""label":"blue""#, with: #""label":"red""#)
        try changed.write(toFile: bench.output, atomically: true, encoding: .utf8)
        let refused = try await Ended.of("retort-curate", curate + ["--labels", bench.output])
        #expect(refused.status == 1)
        #expect(refused.talk.contains("logprobs: tokens that spell another text than the answer"))
    }

    /// A log of a provider that was asked for them: no teacher is asked again.
    @Test func loggedAnswersAreLabelsToo() async throws {
        let bench = try LabelingBench()
        let log = LabelLogprobsTests.recording.enumerated().map { index, line -> String in
            let entries = line["logprobs"]?["content"]?.arrayValue
            let answer: JSONValue = ["role": "assistant", "content": line["answer"] ?? nil]
            var choice: JSONValue = [
                "index": 0, "message": answer, "logprobs": line["logprobs"] ?? nil, "finish_reason": "stop",
            ]
            if index == 7 {
                choice = ["index": 0, "message": ["role": "assistant", "content": "magenta"], "finish_reason": "stop"]
            }
            var response: JSONValue = ["model": "frontier", "choices": .array([choice])]
            if index == 8, let entries {
                response = .array(
                    entries.enumerated().map { place, entry in
                        [
                            "object": "chat.completion.chunk", "model": "frontier",
                            "choices": [
                                [
                                    "index": 0, "delta": ["content": entry["token"] ?? nil],
                                    "logprobs": ["content": [entry]],
                                    "finish_reason": place == entries.count - 1 ? "stop" : nil,
                                ]
                            ],
                        ]
                    })
            }
            let message: JSONValue = ["role": "user", "content": line["input"] ?? nil]
            let record: JSONValue = [
                "timestamp": .integer(1_770_000_000 + index), "request": ["model": "f", "messages": [message]],
                "response": response,
            ]
            return record.serialized() + "\n"
        }
        try bench.folder.write("log.jsonl", log.joined())
        let common = ["--workspace", bench.folder.file("workspace"), "--json"]
        #expect(try await Ended.of("retort-pull", [bench.folder.file("log.jsonl")] + common).status == 0)
        let ended = try await Ended.of(
            "retort-curate",
            ["--task", bench.folder.file("task.yaml"), "--output", bench.folder.file("dataset"), "--logged"] + common)
        #expect(ended.status == 0, "\(ended.talk)")
        #expect(try ended.count("examples") == 49)
        #expect(try ended.count("with_logprobs") == 46)
        #expect(ended.talk.contains("1 interactions left out: the answer: outside the label set"))
        #expect(ended.talk.contains("log-probabilities of 1 answers left out: malformed"))
        #expect(ended.talk.contains("log-probabilities of 1 answers left out: other_text"))
        let files = try ["train", "validation", "test"].map {
            try String(contentsOfFile: bench.folder.file("dataset/\($0).jsonl"), encoding: .utf8)
        }
        let rows = try files.joined().split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let streamed = try #require(rows.first { $0["metadata"]?["input"]?.stringValue == LabelingBench.texts[8] })
        #expect(
            streamed["messages"]?.arrayValue?.last?["logprobs"]?["content"]?.arrayValue
                == LabelLogprobsTests.recording[8]["logprobs"]?["content"]?.arrayValue)
    }
}
