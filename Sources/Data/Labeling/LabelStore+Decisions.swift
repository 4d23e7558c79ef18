import Datasets
public import Interactions
import JSON
import PlainText
import Storage
public import Tasks
import Teachers

extension LabelStore {
    /// Takes what the teacher's own model answered to requests that our server passed on to it for labels: they were paid
    /// for then. Inputs that have an answer keep it.
    ///
    /// - Parameter model: the teacher's, as it was asked, or as it names itself: a version, `model-2026-01-05`.
    /// - Returns: how many inputs have a label by this, and how many answers were to other tasks.
    public func adoptDecisions(
        of store: InteractionStore, task: TaskDefinition, workload: String?, _ scope: Scope, model: String
    ) async throws -> (adopted: Int, ofOtherTask: Int) {
        let logged = try LoggedLabels(store, task: task, workload: workload, ofDecisionsOnly: true)
        let known = try await answers(scope)
        // Of one input the latest answer stands, as they come by time.
        var adopted: [ContentDigest: LabelAnswer] = [:]
        for (example, asked) in zip(logged.examples, logged.askedModels) {
            let input = ContentDigest(of: example.input)
            let names = [example.source?.model, asked].compactMap { $0 }
            guard known[input] == nil, names.contains(where: { LabelStore.isVersion($0, of: model) }) else { continue }
            var answer = LabelAnswer(.label(example.label), response: nil, cost: .zero)
            answer.logprobs = example.logprobs
            adopted[input] = answer
        }
        for (input, answer) in adopted { try await put(answer, input: input, scope) }
        return (adopted.count, logged.ofOtherTask)
    }

    private static func isVersion(_ named: String, of model: String) -> Bool {
        if named.isExactly(model) || named.hasSuffix("/" + model) { return true }
        guard named.hasPrefix(model + "-") else { return false }
        // Digits are a version; a word is another model.
        return named.dropFirst(model.count + 1).allSatisfy { $0.isNumber || $0 == "-" || $0 == "." }
    }
}
