import Autograd
import Foundation
import GGUF
import Tensors
import Testing

/// Every backward rule against differences.
@Suite struct OperationTests {
    private func input(_ rows: Int, _ columns: Int, seed: UInt64) -> (rows: Int, columns: Int, numbers: [Float]) {
        (rows, columns, SampleNumbers.floats(rows * columns, seed: seed))
    }

    @Test func norm() {
        let weight = SampleNumbers.floats(24, seed: 1)
        GradientCheck(inputs: [input(5, 24, seed: 2)]) { tape, x in
            tape.norm(x[0], weight: weight, epsilon: 1e-5)
        }.run()
    }

    @Test func normOfHeads() {
        let weight = SampleNumbers.floats(8, seed: 1)
        GradientCheck(inputs: [input(5, 24, seed: 2)]) { tape, x in
            tape.norm(x[0], weight: weight, epsilon: 1e-5)
        }.run()
    }

    @Test func additionOfValuesUsedTwice() {
        GradientCheck(inputs: [input(3, 10, seed: 3), input(3, 10, seed: 4)]) { tape, x in
            tape.add(tape.add(x[0], x[1], scale: 0.5), x[0], scale: -2)
        }.run()
    }

    @Test func linearWithLowRankUpdate() throws {
        let matrix = try FrozenFloats(SampleNumbers.floats(20 * 32, seed: 5)).matrix(rows: 20, columns: 32)
        let parameters = ParameterSet([("a", 3, 32), ("b", 20, 3)])
        parameters.values.update(from: SampleNumbers.floats(parameters.count, seed: 6), count: parameters.count)
        let update = LowRankUpdate(
            parameters: parameters, a: parameters.entries[0], b: parameters.entries[1], scale: 0.7)
        let bias = SampleNumbers.floats(20, seed: 7)
        GradientCheck(inputs: [input(6, 32, seed: 8)], parameters: parameters, tolerance: 4e-3) { tape, x in
            tape.linear(x[0], matrix, bias: bias, update: update)
        }.run()
    }

    // MARK: Weights that are trained themselves

    /// The numbers of a parameter set as matrices.
    private final class Views: @unchecked Sendable {  // keeps memory alive, and is asked for nothing else
        let parameters: ParameterSet
        init(_ shapes: [(name: String, rows: Int, columns: Int)], seed: UInt64) {
            parameters = ParameterSet(shapes)
            parameters.values.update(
                from: SampleNumbers.floats(parameters.count, seed: seed), count: parameters.count)
        }

        func weight(_ index: Int) -> TrainedWeight { TrainedWeight(parameters, parameters.entries[index]) }
        func matrix(_ index: Int) throws -> FrozenMatrix {
            let entry = parameters.entries[index]
            return try FrozenMatrix(
                rows: entry.rows, columns: entry.columns, type: .f32,
                bytes: UnsafeRawBufferPointer(start: parameters.value(entry), count: entry.count * 4), owner: self)
        }
    }

    @Test func linearWithTrainedMatrixAndBias() throws {
        let views = Views([("w", 20, 32), ("b", 1, 20)], seed: 31)
        let matrix = try views.matrix(0)
        GradientCheck(inputs: [input(6, 32, seed: 32)], parameters: views.parameters, tolerance: 4e-3) { tape, x in
            tape.linear(
                x[0], LinearGroup([LinearLayer(matrix, bias: .trained(views.weight(1)), weight: views.weight(0))]))[0]
        }.run()
    }

    @Test func normWithTrainedWeight() {
        for columns in [24, 8] {
            let views = Views([("n", 1, columns)], seed: 33)
            GradientCheck(inputs: [input(5, 24, seed: 34)], parameters: views.parameters) { tape, x in
                tape.norm(x[0], weight: .trained(views.weight(0)), epsilon: 1e-5)
            }.run()
        }
    }

    @Test func embeddingOfTokensThatComeTwice() throws {
        let views = Views([("e", 5, 8)], seed: 35)
        let matrix = try views.matrix(0)
        GradientCheck(inputs: [input(4, 8, seed: 36)], parameters: views.parameters) { tape, x in
            tape.add(x[0], tape.embed([3, 1, 3, 0], matrix, scale: 1.5, weight: views.weight(0)))
        }.run()
    }

    /// The matrix of an output layer that is the embedding as well, as where they are tied.
    @Test func outputLayerWithTrainedMatrix() throws {
        let views = Views([("e", 30, 12)], seed: 37)
        let layer = OutputLayer(
            matrix: try views.matrix(0), scale: 0.8, softCap: 2, weight: views.weight(0))
        let targets = [
            LossTarget(row: 0, token: 3, weight: 0.5), LossTarget(row: 1, token: 7, weight: 0.25),
            LossTarget(row: 1, token: 29, weight: 1),
        ]
        let matrix = try views.matrix(0)
        func total(isRecording: Bool) -> Double {
            let tape = Tape(pool: .shared)
            tape.isRecording = isRecording
            let x = tape.embed([2, 7], matrix, weight: views.weight(0))
            let found = tape.losses(
                x, layer, targets,
                distillation: [
                    DistillationTarget(row: 1, tokens: [4, 9], logProbabilities: [-0.7, -1.6], weight: 0.7)
                ])
            if isRecording { tape.backward() }
            return found.entropy.total + found.divergence.total
        }
        views.parameters.clearGradients()
        _ = total(isRecording: true)
        for place in [24, 30, 35, 36, 40, 47, 84, 90, 95, 100, 200, 350] {
            let kept = views.parameters.values[place]
            views.parameters.values[place] = kept + 0.01
            let up = total(isRecording: false)
            views.parameters.values[place] = kept - 0.01
            let difference = (up - total(isRecording: false)) / 0.02
            views.parameters.values[place] = kept
            #expect(abs(Double(views.parameters.gradients[place]) - difference) < 1e-3, "number \(place)")
        }
    }

    @Test func linearWithDropout() throws {
        let matrix = try FrozenFloats(SampleNumbers.floats(20 * 32, seed: 5)).matrix(rows: 20, columns: 32)
        let parameters = ParameterSet([("a", 3, 32), ("b", 20, 3)])
        parameters.values.update(from: SampleNumbers.floats(parameters.count, seed: 6), count: parameters.count)
        let update = LowRankUpdate(
            parameters: parameters, a: parameters.entries[0], b: parameters.entries[1], scale: 0.7)
        GradientCheck(inputs: [input(6, 32, seed: 8)], parameters: parameters, tolerance: 6e-3) { tape, x in
            tape.dropout = Dropout(rate: 0.4, keys: (1...6).map { $0 &* 0x1234_5678_9ABC_DEF1 })
            return tape.linear(x[0], matrix, update: update)
        }.run()
    }

    /// With A the identity and B too, an update's output is its input: what is left out, and what the rest becomes.
    @Test func dropoutLeavesOutItsPart() throws {
        let (rows, columns) = (64, 128)
        let matrix = try FrozenFloats([Float](repeating: 0, count: columns * columns))
            .matrix(rows: columns, columns: columns)
        let parameters = ParameterSet([("a", columns, columns), ("b", columns, columns)])
        for entry in parameters.entries {
            for i in 0..<columns { parameters.value(entry)[i * columns + i] = 1 }
        }
        let update = LowRankUpdate(parameters: parameters, a: parameters.entries[0], b: parameters.entries[1], scale: 1)
        let tape = Tape(pool: .shared)
        tape.dropout = Dropout(rate: 0.25, keys: (0..<UInt64(rows)).map { $0 &* 0x9E37_79B9_7F4A_7C15 })
        let x = tape.make(rows: rows, columns: columns, needsGradient: false)
        tape.value(x).update(repeating: 3, count: rows * columns)
        let y = tape.value(tape.linear(x, matrix, update: update))
        let values = (0..<rows * columns).map { y[$0] }
        #expect(Set(values) == [0, 4])
        // Four standard deviations of 8192 draws.
        #expect(abs(Double(values.count { $0 == 0 }) / 8192 - 0.25) < 0.02)
    }

    /// Layers that read one input, as gate and up do: with updates of unequal rank, and with one that has none.
    @Test(arguments: [true, false]) func linearLayersOfOneInput(bothAreTrained: Bool) throws {
        let matrices = try [UInt64(15), 16].map { seed in
            try FrozenFloats(SampleNumbers.floats(20 * 32, seed: seed)).matrix(rows: 20, columns: 32)
        }
        let parameters = ParameterSet([("a", 3, 32), ("b", 20, 3), ("c", 2, 32), ("d", 20, 2)])
        parameters.values.update(
            from: SampleNumbers.floats(parameters.count, seed: 17).map { $0 * 0.5 }, count: parameters.count)
        let entries = parameters.entries
        let layers = LinearGroup([
            LinearLayer(
                matrices[0], bias: .frozen(SampleNumbers.floats(20, seed: 18)),
                update: LowRankUpdate(parameters: parameters, a: entries[0], b: entries[1], scale: 0.7)),
            LinearLayer(
                matrices[1],
                update: bothAreTrained
                    ? LowRankUpdate(parameters: parameters, a: entries[2], b: entries[3], scale: 1.5) : nil),
        ])
        var check = GradientCheck(inputs: [input(6, 32, seed: 19)], parameters: parameters) { tape, x in
            let parts = tape.linear(x[0], layers)
            return tape.gated(gate: ActivationColumns(parts[0]), up: ActivationColumns(parts[1]), .silu)
        }
        check.step = 2e-3
        check.tolerance = 2e-2
        check.run()
    }

    /// Inputs on a coarse grid and a step of its size, so that rounding them to bfloat16 changes nothing: what is left is
    /// the rounding of dy, one part in 256 of about twenty terms.
    @Test func linearInBrainFloat() throws {
        let matrix = try FrozenFloats(SampleNumbers.floats(20 * 32, seed: 5)).matrix(rows: 20, columns: 32)
        let parameters = ParameterSet([("a", 3, 32), ("b", 20, 3)])
        parameters.values.update(from: SampleNumbers.floats(parameters.count, seed: 6), count: parameters.count)
        let update = LowRankUpdate(
            parameters: parameters, a: parameters.entries[0], b: parameters.entries[1], scale: 0.7)
        var check = GradientCheck(inputs: [input(6, 32, seed: 8)], parameters: parameters) { tape, x in
            tape.linear(x[0], matrix, update: update)
        }
        check.inputs[0].numbers = check.inputs[0].numbers.map { ($0 * 16).rounded() / 16 }
        check.step = 0.25
        check.tolerance = 2e-2
        check.precision = .bf16
        check.run()
    }

    @Test(arguments: [GatedActivation.silu, .gelu]) func gatedActivation(_ activation: GatedActivation) {
        GradientCheck(inputs: [input(4, 40, seed: 9), input(4, 40, seed: 10)]) { tape, x in
            tape.gated(gate: ActivationColumns(x[0]), up: ActivationColumns(x[1]), activation)
        }.run()
        GradientCheck(inputs: [input(4, 80, seed: 11)]) { tape, x in
            tape.gated(
                gate: ActivationColumns(x[0], offset: 0, columns: 40),
                up: ActivationColumns(x[0], offset: 40, columns: 40), activation)
        }.run()
    }

    @Test func selection() {
        GradientCheck(inputs: [input(7, 6, seed: 12)]) { tape, x in tape.select([1, 2, 6], of: x[0]) }.run()
    }

    static let tree: TokenTree = {
        var tree = TokenTree()
        let root = tree.append(count: 5, parent: nil)
        tree.append(count: 2, parent: root)
        tree.append(count: 3, parent: root)
        return tree
    }()

    @Test func attentionWithRotationOverATree() {
        let shape = AttentionShape(heads: 4, keyValueHeads: 2, headSize: 6)
        let tree = OperationTests.tree
        let rotary = RotaryTable(positions: 16, rotated: 4, pairing: .halves, frequencies: [1, 0.1])
        GradientCheck(inputs: [input(10, 24, seed: 13), input(10, 12, seed: 14), input(10, 12, seed: 15)]) { tape, x in
            tape.attention(
                queries: ActivationColumns(x[0]), keys: ActivationColumns(x[1]), values: ActivationColumns(x[2]),
                shape: shape, tree: TreeBlocks(tree), rotary: rotary)
        }.run()
    }

    @Test func attentionOverOneFusedMatrix() {
        let shape = AttentionShape(heads: 2, keyValueHeads: 1, headSize: 6, softCap: 1.5, window: 3)
        let tree = OperationTests.tree
        let rotary = RotaryTable(positions: 16, rotated: 6, pairing: .adjacent, frequencies: [1, 0.1, 0.01])
        GradientCheck(inputs: [input(10, 24, seed: 16)]) { tape, x in
            tape.attention(
                queries: ActivationColumns(x[0], offset: 0, columns: 12),
                keys: ActivationColumns(x[0], offset: 12, columns: 6),
                values: ActivationColumns(x[0], offset: 18, columns: 6), shape: shape, tree: TreeBlocks(tree),
                rotary: rotary)
        }.run()
    }

    @Test(arguments: [nil, Float(2)]) func crossEntropyAndDistillation(softCap: Float?) throws {
        let (rows, columns, vocabulary) = (4, 12, 30)
        let matrix = try FrozenFloats(SampleNumbers.floats(vocabulary * columns, seed: 17))
            .matrix(rows: vocabulary, columns: columns)
        let layer = OutputLayer(matrix: matrix, scale: 0.8, softCap: softCap)
        let targets = [
            LossTarget(row: 0, token: 3, weight: 0.5), LossTarget(row: 0, token: 7, weight: 0.25),
            LossTarget(row: 2, token: 29, weight: 1),
        ]
        let stored = [
            DistillationTarget(
                row: 1, tokens: [4, 9], logProbabilities: [log(0.5), log(0.2)], weight: 0.7),
            DistillationTarget(row: 3, tokens: [0, 1], logProbabilities: [log(0.6), log(0.4)], weight: 0.3),
        ]
        let x = SampleNumbers.floats(rows * columns, seed: 18)
        func total(_ x: [Float], _ loss: (Tape, Activation) -> LossValues) -> (Double, [Float]) {
            let tape = Tape(pool: .shared)
            let leaf = tape.make(rows: rows, columns: columns, needsGradient: true)
            tape.value(leaf).update(from: x, count: x.count)
            let value = loss(tape, leaf).total
            let gradient = tape.gradient(leaf).map { Array(UnsafeBufferPointer(start: $0, count: x.count)) }
            return (value, gradient ?? [])
        }
        for loss in [
            { (tape: Tape, x: Activation) in tape.crossEntropy(x, layer, targets) },
            { (tape: Tape, x: Activation) in tape.distillation(x, layer, stored) },
            { (tape: Tape, x: Activation) in tape.distillation(x, layer, stored, temperature: 2.5) },
            { (tape: Tape, x: Activation) in
                // Both in one pass, on rows of their own and on one that they share.
                let shared =
                    stored + [
                        DistillationTarget(row: 3, tokens: [2, 8, 29], logProbabilities: [-1, -2, -3], weight: 0.4)
                    ]
                let both = tape.losses(
                    x, layer, targets + [LossTarget(row: 3, token: 2, weight: 0.6)], distillation: shared,
                    temperature: 0.7)
                return LossValues(total: both.entropy.total + both.divergence.total, perTarget: [], isTop: [])
            },
        ] {
            let gradient = total(x, loss).1
            for place in [0, 5, 11, 12, 17, 24, 30, 35, 40, 47] {
                var up = x, down = x
                up[place] += 0.01
                down[place] -= 0.01
                let difference = (total(up, loss).0 - total(down, loss).0) / 0.02
                #expect(abs(Double(gradient[place]) - difference) < 2e-4, "number \(place)")
            }
        }
    }

    @Test func lossesEqualTheirFormulas() throws {
        let matrix = try FrozenFloats([1, 0, 0, 1, 1, 1]).matrix(rows: 3, columns: 2)
        let tape = Tape(pool: .shared)
        let x = tape.make(rows: 1, columns: 2, needsGradient: false)
        tape.value(x)[0] = 0.5
        tape.value(x)[1] = -1
        let exponentials = [exp(0.5), exp(-1.0), exp(-0.5)]
        let q = exponentials.map { $0 / exponentials.reduce(0, +) }
        let entropy = tape.crossEntropy(x, OutputLayer(matrix: matrix), [LossTarget(row: 0, token: 1, weight: 2)])
        #expect(abs(entropy.total + 2 * log(q[1])) < 1e-6)
        #expect(entropy.isTop == [false])
        let divergence = tape.distillation(
            x, OutputLayer(matrix: matrix),
            [DistillationTarget(row: 0, tokens: [0], logProbabilities: [log(0.7)], weight: 1)])
        #expect(abs(divergence.total - (0.7 * log(0.7 / q[0]) + 0.3 * log(0.3 / (1 - q[0])))) < 1e-6)
        #expect(divergence.isTop == [true])
        // At temperature 2 the buckets' square roots are compared, and the divergence counts four times.
        let softened = tape.distillation(
            x, OutputLayer(matrix: matrix),
            [DistillationTarget(row: 0, tokens: [0], logProbabilities: [log(0.7)], weight: 1)], temperature: 2)
        let p = [0.7, 0.3].map { $0.squareRoot() }, r = [q[0], 1 - q[0]].map { $0.squareRoot() }
        let expected = (0..<2).reduce(0.0) {
            $0 + p[$1] / (p[0] + p[1]) * log(p[$1] / (p[0] + p[1]) / (r[$1] / (r[0] + r[1])))
        }
        #expect(abs(softened.total - 4 * expected) < 1e-6)
    }

    /// A teacher that gave all its probability to the stored tokens has no rest to follow.
    @Test func aTeacherWithoutARestGivesTheOthersNothing() throws {
        let matrix = try FrozenFloats([1, 0, 0, 1, 1, 1]).matrix(rows: 3, columns: 2)
        let tape = Tape(pool: .shared)
        let x = tape.make(rows: 1, columns: 2, needsGradient: true)
        tape.value(x)[0] = 0.5
        tape.value(x)[1] = -1
        let found = tape.distillation(
            x, OutputLayer(matrix: matrix),
            [
                DistillationTarget(
                    row: 0, tokens: [0, 1, 2], logProbabilities: [log(0.5), log(0.25), log(0.25)], weight: 1)
            ])
        let exponentials = [exp(0.5), exp(-1.0), exp(-0.5)]
        let q = exponentials.map { $0 / exponentials.reduce(0, +) }
        let expected = 0.5 * log(0.5 / q[0]) + 0.25 * log(0.25 / q[1]) + 0.25 * log(0.25 / q[2])
        #expect(abs(found.total - expected) < 1e-6)
        // d/dlogits = q - p, through W.
        let slopes = [q[0] - 0.5, q[1] - 0.25, q[2] - 0.25]
        let gradient = try #require(tape.gradient(x))
        #expect(abs(Double(gradient[0]) - (slopes[0] + slopes[2])) < 1e-6)
        #expect(abs(Double(gradient[1]) - (slopes[1] + slopes[2])) < 1e-6)
    }
}

/// Floats that a ``FrozenMatrix`` may keep alive.
final class FrozenFloats: Sendable {
    nonisolated(unsafe) private let bytes: UnsafeMutableRawBufferPointer  // written only by the initializer

    init(_ numbers: [Float]) {
        bytes = .allocate(byteCount: numbers.count * 4, alignment: 64)
        numbers.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    deinit { bytes.deallocate() }

    func matrix(rows: Int, columns: Int) throws -> FrozenMatrix {
        try FrozenMatrix(rows: rows, columns: columns, type: .f32, bytes: UnsafeRawBufferPointer(bytes), owner: self)
    }
}
