import Autograd
import Tensors
import Testing

/// Compares backward rules with central differences of their forward passes.
///
/// The loss of a check is Σ output · w for fixed random w, added up in double precision.
struct GradientCheck {
    /// Rows and columns of each input, with its numbers.
    var inputs: [(rows: Int, columns: Int, numbers: [Float])]
    var parameters: ParameterSet?
    var step: Float = 1e-2
    var tolerance = 2e-3
    var precision = Precision.fp32
    /// The operation under test. It may change the values of its inputs in place, as rotation does.
    var forward: (Tape, [Activation]) -> Activation

    /// Checks about twelve places of every input and every parameter.
    func run() {
        let tape = Tape(pool: .shared, precision: precision)
        let leaves = place(on: tape, inputs.map(\.numbers))
        let output = forward(tape, leaves)
        let weights = SampleNumbers.floats(output.rows * output.columns, seed: 99)
        tape.accumulator(output).pointer.update(from: weights, count: weights.count)
        parameters?.clearGradients()
        tape.backward()

        for (index, input) in inputs.enumerated() {
            guard let gradient = tape.gradient(leaves[index]) else {
                Issue.record("input \(index) has no gradient")
                continue
            }
            for place in places(input.numbers.count) {
                let difference = slope { h in
                    var all = inputs.map(\.numbers)
                    all[index][place] += h
                    return loss(all, weights)
                }
                #expect(abs(Double(gradient[place]) - difference) < tolerance, "input \(index), number \(place)")
            }
        }
        guard let parameters else { return }
        for place in places(parameters.count) {
            let difference = slope { h in
                let kept = parameters.values[place]
                parameters.values[place] += h
                defer { parameters.values[place] = kept }
                return loss(inputs.map(\.numbers), weights)
            }
            #expect(abs(Double(parameters.gradients[place]) - difference) < tolerance, "parameter \(place)")
        }
    }

    private func slope(_ loss: (Float) -> Double) -> Double { (loss(step) - loss(-step)) / (2 * Double(step)) }

    private func loss(_ numbers: [[Float]], _ weights: [Float]) -> Double {
        let tape = Tape(pool: .shared, precision: precision)
        tape.isRecording = false
        let output = forward(tape, place(on: tape, numbers))
        let values = tape.value(output)
        return weights.indices.reduce(0.0) { $0 + Double(weights[$1]) * Double(values[$1]) }
    }

    private func place(on tape: Tape, _ numbers: [[Float]]) -> [Activation] {
        zip(inputs, numbers).map { input, numbers in
            let leaf = tape.make(rows: input.rows, columns: input.columns, needsGradient: true)
            tape.value(leaf).update(from: numbers, count: numbers.count)
            return leaf
        }
    }

    private func places(_ count: Int) -> [Int] { (0..<12).map { ($0 * 7919 + 3) % count } }
}

/// Numbers that look random and are the same in every run, -1 ..< 1.
enum SampleNumbers {
    static func floats(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) / 8_388_608
        }
    }
}
