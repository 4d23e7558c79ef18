import Transformers

/// What a run will compute, found by packing all its batches without computing any.
struct WorkSurvey: Sendable {
    /// The work of one step.
    struct Step: Sendable {
        var number: Int
        var size = PassSize()
        var microBatches = 0
        /// The largest of its micro-batches.
        var largest = PassSize()
    }

    private(set) var steps: [Step] = []
    /// The largest micro-batch of all steps and of the validation.
    private(set) var largest = PassSize()
    /// One validation.
    private(set) var validation = Step(number: 0)

    /// - Parameters:
    ///   - numbers: the steps.
    ///   - pack: the micro-batches of a step, or of the validation for nil.
    init(steps numbers: some Sequence<Int>, pack: (Int?) -> [PassSize]) {
        for number in numbers {
            let step = WorkSurvey.step(number, pack(number))
            largest = largest.union(step.largest)
            steps.append(step)
        }
        validation = WorkSurvey.step(0, pack(nil))
    }

    var size: PassSize { steps.reduce(PassSize()) { $0 + $1.size } }
    var microBatches: Int { steps.reduce(0) { $0 + $1.microBatches } }

    private static func step(_ number: Int, _ sizes: [PassSize]) -> Step {
        sizes.reduce(into: Step(number: number)) { step, size in
            step.size = step.size + size
            step.microBatches += 1
            step.largest = step.largest.union(size)
        }
    }
}
