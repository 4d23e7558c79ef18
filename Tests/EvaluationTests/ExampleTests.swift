import Conversations
import Evaluation
import Foundation
import Storage
import Testing
import TestSupport

@Suite struct ExampleTests {
    private func failure(_ text: String) throws -> String {
        let folder = try ScratchFolder()
        let path = try folder.write("test.jsonl", text)
        let task = try Samples.task()
        do {
            _ = try EvaluationExample.examples(ofFile: path, task: task)
            return "no error"
        } catch {
            return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    private let good = #"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"track"}]}"#

    @Test func badFilesAreNamedWithLineOrRow() throws {
        #expect(try failure(good + "\n{oops\n").hasPrefix("test.jsonl:2: not valid JSON"))
        #expect(try failure("") == "test.jsonl: no rows, expected a split with at least one row")
        #expect(
            try failure(good + "\n" + good.replacing("track", with: "trick"))
                == "test.jsonl: row 2: the answer: outside the label set")
        let outside = #"{"messages":[{"role":"user","content":"hi"}],"metadata":{"input":"hi","label":"refunds"}}"#
        #expect(
            try failure(outside)
                == "test.jsonl: row 1: label: 'refunds', expected one of the 4 labels of task sample; did you mean 'refund'?"
        )
        let noAnswer = #"{"messages":[{"role":"user","content":"hi"}]}"#
        #expect(try failure(noAnswer) == "test.jsonl: row 1: no answer, expected a last message of the assistant")
        #expect(try failure("[]").hasPrefix("test.jsonl:1:"))
    }

    @Test func aMissingFileIsNamed() throws {
        let task = try Samples.task()
        let error = #expect(throws: StorageError.self) {
            try EvaluationExample.examples(ofFile: "/nonexistent/test.jsonl", task: task)
        }
        #expect(error?.description.contains("/nonexistent/test.jsonl") == true)
    }

    @Test func rowsOfOthersAreAskedAsTheyStand() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("test.jsonl", good)
        let example = try #require(try EvaluationExample.examples(ofFile: path, task: try Samples.task()).first)
        #expect(example.messages.map(\.content) == ["hi"])
        #expect(example.label == "track")
    }

    @Test func rowsOfCurationAreAskedWithTheTasksPrompt() throws {
        let folder = try ScratchFolder()
        let row =
            #"{"messages":[{"role":"user","content":"old prompt: hi"}],"metadata":{"input":"hi","label":"track","gold":"other","slices":["s"]}}"#
        let example = try #require(
            try EvaluationExample.examples(ofFile: try folder.write("t.jsonl", row), task: try Samples.task()).first)
        #expect(example.messages.map(\.content) == ["Name the intent.", "hi"])
        #expect(example.truth == "other" && example.label == "track")
        #expect(example.slices == ["s"])
    }
}
