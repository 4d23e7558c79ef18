import Adapters
import Checkpoints
import Datasets
import Evaluation
import Foundation
import GGUF
import Inference
import PlainText
import Storage
import Testing
import TestSupport

/// With the bundled base, end to end.
@Suite struct ArtifactTests {
    private func row(_ input: String, _ label: String) -> String {
        #"{"messages":[{"role":"user","content":"\#(input)"}],"metadata":{"input":"\#(input)","label":"\#(label)","slices":["s"]}}"#
    }

    private func plan(_ folder: ScratchFolder) throws -> EvaluationPlan {
        let rows = [
            row("Where is my parcel?", "track"), row("I want my money back", "refund"),
            row("Please cancel it", "cancel"), row("Track the parcel", "track"),
        ]
        var plan = EvaluationPlan(
            task: try Samples.task(), split: try folder.write("test.jsonl", rows.joined(separator: "\n") + "\n"),
            date: try #require(LocalTime("2025-03-14")))
        plan.base = Checkout.base
        return plan
    }

    /// An adapter of one matrix that changes much.
    private func adapter(for baseDigest: ContentDigest?, in folder: ScratchFolder) throws -> String {
        let checkpoint = try Checkpoint(path: Checkout.base)
        let name = "blk.0.ffn_down.weight"
        let dimensions = try #require(checkpoint.file.tensor(name)).dimensions
        let pair = try LowRankPair(
            rank: 1, inputs: dimensions[0], outputs: dimensions[1], a: [Float](repeating: 0.5, count: dimensions[0]),
            b: (0..<dimensions[1]).map { Float($0 % 7) - 3 }, scale: 1)
        let adapter = LowRankAdapter(
            architecture: "llama", alpha: 1, baseDigest: baseDigest, tensors: [name: pair])
        let path = "\(folder.path)/adapter.gguf"
        try AtomicFile.write(to: path) { try adapter.write(to: $0) }
        return path
    }

    @Test func theBaseAnswersAsTheEngineScores() async throws {
        let folder = try ScratchFolder()
        let report = try await plan(folder).report()
        #expect(report.subject.kind == .base)
        #expect(report.examples.count == 4)
        #expect(report.references.isEmpty)
        for prediction in report.result.predictions {
            let answer = try #require(prediction.answer)
            #expect(Samples.labels.contains(answer))
            let confidence = try #require(prediction.confidence)
            #expect(confidence >= 0.25 && confidence <= 1)
        }
        let again = try await plan(folder).report()
        let (first, second) = (try report.write(to: folder.path), try again.write(to: folder.path))
        #expect(first == second)
    }

    @Test func anAdapterIsComparedWithItsBase() async throws {
        let folder = try ScratchFolder()
        var plan = try plan(folder)
        plan.adapter = try adapter(for: try Checkpoint(path: Checkout.base).digest(), in: folder)
        plan.training = plan.split
        let report = try await plan.report()
        #expect(report.subject.kind == .adapter)
        let path = try #require(plan.adapter)
        #expect(try report.subject.digest == ContentDigest(ofFile: path))
        #expect(report.references.map(\.kind) == [.base, .baseline])
        #expect(report.references[1].accuracy.value == 1)
        let without = report.references[0].predictions.map(\.confidence)
        #expect(report.result.predictions.map(\.confidence) != without)
    }

    @Test func anAdapterOfAnotherBaseIsRefused() async throws {
        let folder = try ScratchFolder()
        var plan = try plan(folder)
        let other = ContentDigest(of: "another base")
        plan.adapter = try adapter(for: other, in: folder)
        let refused = plan
        let error = await #expect(throws: AdapterError.self) { try await refused.report() }
        let message = try #require(error).description
        #expect(message.contains(other.description))
        #expect(message.contains(try Checkpoint(path: Checkout.base).digest().description))
    }

    @Test func progressCanStopTheWork() async throws {
        struct Stop: Error {}
        let folder = try ScratchFolder()
        let plan = try plan(folder)
        await #expect(throws: Stop.self) {
            try await plan.report { if $0.done == 2 { throw Stop() } }
        }
    }

    @Test func aChangedSplitOfADatasetIsRefused() async throws {
        let folder = try ScratchFolder()
        let plan = try plan(folder)
        _ = try folder.write("manifest.json", "{}")
        await #expect(throws: DatasetError.self) { try await plan.report() }
    }
}
