import Foundation
import Tensors
import Testing

@Suite struct KernelTests {
    @Test(arguments: [1, 5, 16, 37, 300])
    func softmaxEqualsTheFormula(count: Int) {
        var numbers = SampleNumbers(seed: UInt64(count))
        let x = numbers.floats(count).map { $0 * 20 }
        let top = Double(x.max() ?? 0)
        let sum = x.reduce(0.0) { $0 + exp(Double($1) - top) }
        var y = x
        let logSum = VectorOperations.softmax(&y, count: count)
        #expect(abs(Double(logSum) - (top + log(sum))) < 4e-6)
        #expect(abs(VectorOperations.logSumExp(x, count: count) - logSum) < 4e-6)
        for i in 0..<count { #expect(abs(Double(y[i]) - exp(Double(x[i]) - top) / sum) < 3e-7) }
    }

    @Test func softmaxKeepsNotANumber() {
        var x: [Float] = [1, .nan, 2]
        VectorOperations.softmax(&x, count: 3)
        #expect(x.contains { $0.isNaN })
    }

    @Test func rootMeanSquareNormEqualsTheFormula() {
        let (rows, columns) = (9, 50)
        var numbers = SampleNumbers(seed: 1)
        let x = numbers.floats(rows * columns)
        let weight = numbers.floats(columns)
        var y = [Float](repeating: 0, count: rows * columns)
        RootMeanSquareNorm.forward(
            x, weight: weight, epsilon: 1e-5, rows: rows, columns: columns, into: &y, pool: .shared)
        for row in 0..<rows {
            let line = x[row * columns..<(row + 1) * columns]
            let mean = line.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(columns)
            for column in 0..<columns {
                let expected = Double(x[row * columns + column]) / sqrt(mean + 1e-5) * Double(weight[column])
                #expect(abs(Double(y[row * columns + column]) - expected) < 2e-6)
            }
        }
    }

    @Test(arguments: [RotaryTable.Pairing.adjacent, .halves])
    func rotationTurnsPairsByTheirAngle(pairing: RotaryTable.Pairing) {
        let (heads, size, rotated) = (3, 10, 8)
        let factors: [Float] = [1, 2, 3, 4]
        let frequencies = (0..<4).map { Float(pow(100.0, -Double(2 * $0) / 8)) / factors[$0] }
        let table = RotaryTable(positions: 40, rotated: rotated, pairing: pairing, frequencies: frequencies)
        var numbers = SampleNumbers(seed: 5)
        let x = numbers.floats(2 * heads * size)
        var y = x
        let positions: [Int32] = [0, 31]
        table.rotate(&y, rows: 2, heads: heads, headSize: size, tokenPositions: positions, pool: .shared)
        #expect(distance(Array(x[0..<heads * size]), Array(y[0..<heads * size])) < 1e-7)
        for head in 0..<heads {
            let place = heads * size + head * size
            for i in 0..<4 {
                let angle = 31 * pow(100.0, -Double(2 * i) / 8) / Double(factors[i])
                let (a, b) = pairing == .adjacent ? (2 * i, 2 * i + 1) : (i, i + 4)
                let (p, q) = (Double(x[place + a]), Double(x[place + b]))
                #expect(abs(Double(y[place + a]) - (p * cos(angle) - q * sin(angle))) < 4e-6)
                #expect(abs(Double(y[place + b]) - (p * sin(angle) + q * cos(angle))) < 4e-6)
            }
            #expect(y[place + 8] == x[place + 8] && y[place + 9] == x[place + 9])
        }
        table.rotate(
            &y, rows: 2, heads: heads, headSize: size, tokenPositions: positions, isInverse: true, pool: .shared)
        #expect(distance(x, y) < 1e-6)
    }

    @Test func gatedActivationsEqualTheirFormulas() {
        var numbers = SampleNumbers(seed: 9)
        let gate = numbers.floats(37).map { $0 * 8 }
        let up = numbers.floats(37)
        var y = [Float](repeating: 0, count: 37)
        GatedActivation.silu.forward(gate: gate, up: up, into: &y, count: 37, pool: .shared)
        for i in 0..<37 {
            let g = Double(gate[i])
            #expect(abs(Double(y[i]) - g / (1 + exp(-g)) * Double(up[i])) < 2e-6)
        }
        GatedActivation.gelu.forward(gate: gate, up: up, into: &y, count: 37, pool: .shared)
        for i in 0..<37 {
            let g = Double(gate[i])
            let expected = 0.5 * g * (1 + tanh(sqrt(2 / Double.pi) * (g + 0.044715 * g * g * g))) * Double(up[i])
            #expect(abs(Double(y[i]) - expected) < 2e-6)
        }
    }
}
