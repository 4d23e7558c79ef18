public import Datasets
import Dialects
import Foundation
import Storage
import Tasks
import Teachers

extension LabelingRun {
    /// The labeled examples of inputs, by time and then by id: the same labels give the same bytes.
    ///
    /// What a label cost stands at the first example that has its input, so that the costs add up.
    ///
    /// - Throws: `DatasetError` where a slice's pattern takes too long on an input.
    public func examples(of inputs: [LabelInput], _ result: LabelingResult) throws -> [LabeledExample] {
        var charged: Set<ContentDigest> = []
        let ordered = inputs.sorted { left, right in
            let times = (left.time ?? .distantPast, right.time ?? .distantPast)
            if times.0 != times.1 { return times.0 < times.1 }
            return (left.interaction?.hex ?? "", left.input) < (right.interaction?.hex ?? "", right.input)
        }
        let task = labeler.task
        let endpoint = labeler.client.endpoint
        let examples = try ordered.compactMap { input -> LabeledExample? in
            guard let answer = result.answers[input.digest], let label = answer.label else { return nil }
            let cost = charged.insert(input.digest).inserted ? answer.cost : .zero
            let slices = try task.slices(of: TaskSlice.Subject(input: input.input, label: label, time: input.time))
            return LabeledExample(
                interaction: input.interaction, time: input.time, input: input.input, label: label, slices: slices,
                source: LabeledExample.Source(
                    teacher: endpoint.dialect.rawValue, model: endpoint.model, response: answer.response,
                    costUSD: cost.dollars),
                logprobs: answer.logprobs)
        }
        return examples.sorted {
            ($0.time ?? .distantPast, $0.id.hex) < ($1.time ?? .distantPast, $1.id.hex)
        }
    }
}
