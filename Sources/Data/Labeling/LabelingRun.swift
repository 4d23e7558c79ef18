import Foundation
import Storage
public import Teachers

/// Labels many inputs at once: identical ones one time, finished ones never again, each answer kept as it comes.
public struct LabelingRun: Sendable {
    let labeler: Labeler
    let store: LabelStore
    let scope: LabelStore.Scope
    let budget: Budget
    /// How many requests are on their way at a time.
    let concurrency: Int
    /// Whether inputs that were rejected in earlier runs are asked again.
    let retriesRejected: Bool

    public init(
        labeler: Labeler, store: LabelStore, budget: Budget, concurrency: Int = 8, retriesRejected: Bool = false
    ) {
        self.labeler = labeler
        self.store = store
        self.budget = budget
        self.concurrency = max(1, concurrency)
        self.retriesRejected = retriesRejected
        let endpoint = labeler.client.endpoint
        scope = LabelStore.Scope(task: labeler.task, dialect: endpoint.dialect, model: endpoint.model)
    }

    /// Labels what has no answer yet.
    ///
    /// - Parameters:
    ///   - isStopRequested: asked a few times a second.
    ///   - onProgress: told a few times a second, and at the end.
    /// - Throws: a `TeacherError` that will not go away by itself (the key, the model, the endpoint), a
    ///   ``LabelingError`` when all requests are refused, or what the database throws. Budget, outage and interruption
    ///   are no errors here but ``LabelingResult/stop``.
    public func run(
        _ inputs: [LabelInput], isStopRequested: @escaping @Sendable () -> Bool = { false },
        onProgress: @escaping @Sendable (LabelingProgress) -> Void = { _ in }
    ) async throws -> LabelingResult {
        let known = try await store.answers(scope)
        var course = LabelingCourse(run: self, known: known, isStopRequested, onProgress)
        var seen: Set<ContentDigest> = []
        for input in inputs {
            let digest = input.digest
            guard seen.insert(digest).inserted else { continue }
            if let answer = known[digest], stands(answer) {
                course.take(answer, digest, input.input)
            } else {
                // Of an answer that was rejected only what was cut at this very limit would come again.
                let reuse: TeacherClient.Reuse = retriesRejected && known[digest]?.reason != nil ? .cut : .all
                course.add(LabelingCourse.Work(digest: digest, input: input.input, reuse: reuse))
            }
        }
        try await withThrowingTaskGroup(of: LabelingCourse.Event.self) { group in
            try await course.go(in: &group)
        }
        return course.result
    }

    /// Whether an earlier answer is the one that is wanted now: a request for other log-probabilities is another
    /// request, but a label stands where none are asked for.
    private func stands(_ answer: LabelAnswer) -> Bool {
        let isSameRequest = answer.topLogprobs == labeler.topLogprobs
        guard answer.label != nil else { return isSameRequest && !retriesRejected }
        return isSameRequest || labeler.topLogprobs == nil
    }
}
