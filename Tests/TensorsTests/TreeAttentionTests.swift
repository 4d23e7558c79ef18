import Foundation
import Tensors
import Testing

/// Attention over a tree against the plain definition, token by token along its path.
@Suite struct TreeAttentionTests {
    /// A prompt, two answers, one of which has two endings, and a second root.
    static let tree: TokenTree = {
        var tree = TokenTree()
        let prompt = tree.append(count: 70, parent: nil)
        let answer = tree.append(count: 3, parent: prompt)
        tree.append(count: 1, parent: answer)
        tree.append(count: 5, parent: answer)
        tree.append(count: 90, parent: prompt)
        tree.append(count: 9, parent: nil)
        return tree
    }()

    static let shapes = [
        AttentionShape(heads: 4, keyValueHeads: 2, headSize: 8),
        AttentionShape(heads: 3, keyValueHeads: 1, headSize: 16, softCap: 2, window: 12),
        AttentionShape(
            heads: 2, keyValueHeads: 2, headSize: 4, scale: 0.3, queryStride: 24, keyStride: 20, outputStride: 11),
    ]

    /// The tokens on the path of each token, itself last.
    static func paths(_ tree: TokenTree) -> [[Int]] {
        tree.runs.flatMap { run -> [[Int]] in
            var ancestors: [Int] = []
            var parent = run.parent
            while let index = parent {
                ancestors = Array(tree.runs[index].tokens) + ancestors
                parent = tree.runs[index].parent
            }
            return run.tokens.map { ancestors + Array(run.start...$0) }
        }
    }

    static func plainAttention(_ q: [Float], _ k: [Float], _ v: [Float], _ shape: AttentionShape, _ tree: TokenTree)
        -> [Float]
    {
        var output = [Float](repeating: 0, count: tree.tokenCount * shape.outputStride)
        for (token, path) in paths(tree).enumerated() {
            let seen = shape.window.map { Array(path.suffix($0)) } ?? path
            for head in 0..<shape.heads {
                let at = head / (shape.heads / shape.keyValueHeads) * shape.headSize
                let from = token * shape.queryStride + head * shape.headSize
                var scores = seen.map { other in
                    (0..<shape.headSize).reduce(0.0) {
                        $0 + Double(q[from + $1]) * Double(k[other * shape.keyStride + at + $1])
                    } * Double(shape.scale)
                }
                if let cap = shape.softCap.map(Double.init) { scores = scores.map { cap * tanh($0 / cap) } }
                let weights = scores.map { exp($0) }
                let total = weights.reduce(0, +)
                for i in 0..<shape.headSize {
                    output[token * shape.outputStride + head * shape.headSize + i] = Float(
                        zip(seen, weights).reduce(0.0) { $0 + $1.1 * Double(v[$1.0 * shape.keyStride + at + i]) }
                            / total)
                }
            }
        }
        return output
    }

    @Test(arguments: shapes) func forwardEqualsThePlainDefinition(shape: AttentionShape) {
        let tree = TreeAttentionTests.tree
        var numbers = SampleNumbers(seed: 11)
        let q = numbers.floats(tree.tokenCount * shape.queryStride).map { $0 * 2 }
        let k = numbers.floats(tree.tokenCount * shape.keyStride).map { $0 * 2 }
        let v = numbers.floats(tree.tokenCount * shape.keyStride)
        var output = [Float](repeating: 0, count: tree.tokenCount * shape.outputStride)
        TreeAttention(shape: shape, TreeBlocks(tree)).forward(q: q, k: k, v: v, into: &output, pool: .shared)
        #expect(distance(output, TreeAttentionTests.plainAttention(q, k, v, shape, tree)) < 5e-6)
    }

    /// The gradients against central differences of the plain definition.
    @Test(arguments: shapes) func backwardEqualsDifferences(shape: AttentionShape) {
        let tree = TreeAttentionTests.tree
        let count = tree.tokenCount
        var numbers = SampleNumbers(seed: 13)
        let q = numbers.floats(count * shape.queryStride)
        let k = numbers.floats(count * shape.keyStride)
        let v = numbers.floats(count * shape.keyStride)
        let weights = numbers.floats(count * shape.outputStride)
        let attention = TreeAttention(shape: shape, TreeBlocks(tree))
        var output = [Float](repeating: 0, count: tree.tokenCount * shape.outputStride)
        var logSums = [Float](repeating: 0, count: shape.heads * count)
        attention.forward(q: q, k: k, v: v, into: &output, logSums: &logSums, pool: .shared)
        var dq = q, dk = k, dv = v
        var work = [Float](repeating: .nan, count: attention.backwardWorkCount)
        attention.backward(
            weights, q: q, k: k, v: v, output: output, logSums: logSums, intoQ: &dq, intoK: &dk, intoV: &dv,
            work: &work, pool: .shared)

        func loss(_ q: [Float], _ k: [Float], _ v: [Float]) -> Double {
            let output = TreeAttentionTests.plainAttention(q, k, v, shape, tree)
            var total = 0.0
            for token in 0..<count {
                for i in 0..<shape.heads * shape.headSize {
                    let place = token * shape.outputStride + i
                    total += Double(output[place]) * Double(weights[place])
                }
            }
            return total
        }
        let h: Float = 0.02
        for token in [0, 40, 69, 71, 75, 80, 120, 170, count - 1] {
            for (name, values, gradient, stride) in [
                ("q", q, dq, shape.queryStride), ("k", k, dk, shape.keyStride), ("v", v, dv, shape.keyStride),
            ] {
                let place = token * stride + token % shape.headSize
                var up = values, down = values
                up[place] += h
                down[place] -= h
                let difference =
                    switch name {
                    case "q": loss(up, k, v) - loss(down, k, v)
                    case "k": loss(q, up, v) - loss(q, down, v)
                    default: loss(q, k, up) - loss(q, k, down)
                    }
                #expect(abs(Double(gradient[place]) - difference / (2 * Double(h))) < 2e-3, "\(name) of \(token)")
            }
        }
    }
}
