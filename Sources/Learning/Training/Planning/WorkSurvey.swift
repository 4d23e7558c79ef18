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

        /// - Parameter sizes: of its micro-batches.
        init(number: Int, _ sizes: [PassSize] = []) {
            self.number = number
            for size in sizes {
                self.size = self.size + size
                microBatches += 1
                largest = largest.union(size)
            }
        }
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
            let step = Step(number: number, pack(number))
            largest = largest.union(step.largest)
            steps.append(step)
        }
        validation = Step(number: 0, pack(nil))
    }

    var size: PassSize { steps.reduce(PassSize()) { $0 + $1.size } }
    var microBatches: Int { steps.reduce(0) { $0 + $1.microBatches } }
}
