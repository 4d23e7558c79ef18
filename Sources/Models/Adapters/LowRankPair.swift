/// The update of one matrix: `W + scale · B · A`.
///
/// Hu et al., LoRA, 2021.
public struct LowRankPair: Sendable, Hashable {
    public let rank: Int
    /// Columns of the base matrix.
    public let inputs: Int
    /// Rows of the base matrix.
    public let outputs: Int
    /// `[rank, inputs]`, row-major.
    public var a: [Float]
    /// `[outputs, rank]`, row-major.
    public var b: [Float]
    /// Alpha / rank.
    public var scale: Float

    /// - Throws: ``AdapterError`` if a size is not positive, an array has another length than the sizes say, or the
    ///   scale is not finite.
    public init(rank: Int, inputs: Int, outputs: Int, a: [Float], b: [Float], scale: Float) throws {
        guard rank > 0, inputs > 0, outputs > 0 else {
            throw AdapterError("low-rank pair: rank \(rank), \(inputs) inputs, \(outputs) outputs, expected at least 1")
        }
        guard a.count == rank * inputs, b.count == outputs * rank else {
            throw AdapterError(
                "low-rank pair: \(a.count) and \(b.count) numbers, expected \(rank * inputs) and \(outputs * rank)")
        }
        guard scale.isFinite else {
            throw AdapterError("low-rank pair: scale \(scale), expected a finite number")
        }
        self.rank = rank
        self.inputs = inputs
        self.outputs = outputs
        self.a = a
        self.b = b
        self.scale = scale
    }

    /// The row and the column of the first number in `[rows, columns]` that is infinite or not a number, in words.
    static func problem(_ numbers: [Float], columns: Int) -> String? {
        numbers.firstIndex { !$0.isFinite }.map {
            "row \($0 / columns), column \($0 % columns) is \(numbers[$0]), expected finite numbers"
        }
    }

    /// - Throws: ``AdapterError`` that names the factor of a tensor which has a number that is not finite.
    func checkNumbers(of tensor: String) throws {
        for (factor, numbers, columns) in [("lora_a", a, inputs), ("lora_b", b, rank)] {
            if let problem = LowRankPair.problem(numbers, columns: columns) {
                throw AdapterError("\(tensor).\(factor): \(problem)")
            }
        }
    }

    /// Adds the update of some rows to `weights` (`[rows.count, inputs]`).
    ///
    /// - Parameter scale: multiplies the pair's own scale.
    public func add(rows: Range<Int>, scale: Float = 1, to weights: UnsafeMutablePointer<Float>) {
        let factor = scale * self.scale
        a.withUnsafeBufferPointer { a in
            for (index, row) in rows.enumerated() {
                let target = weights + index * inputs
                for component in 0..<rank {
                    let weight = factor * b[row * rank + component]
                    let source = component * inputs
                    for column in 0..<inputs { target[column] += weight * a[source + column] }
                }
            }
        }
    }

    /// The Frobenius norm of `scale · B · A`, by way of `trace((BᵀB)(AAᵀ))`.
    public var updateNorm: Double {
        var sum = 0.0
        for left in 0..<rank {
            for right in 0..<rank {
                var inner = 0.0, outer = 0.0
                for row in 0..<outputs { inner += Double(b[row * rank + left]) * Double(b[row * rank + right]) }
                for column in 0..<inputs {
                    outer += Double(a[left * inputs + column]) * Double(a[right * inputs + column])
                }
                sum += inner * outer
            }
        }
        return Double(scale.magnitude) * max(0, sum).squareRoot()
    }
}
