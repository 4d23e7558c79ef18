/// A step of a forward pass that knows its own backward rule.
protocol Operation {
    /// Adds to the gradients of the inputs and of parameters what the output's gradient says, and releases it.
    func backward(on tape: Tape)

    /// Computes the output's value again, from inputs whose values are still there.
    ///
    /// Only for operations whose output was made with ``Tape/makeRestorable(rows:columns:needsGradient:)``.
    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape)
}

extension Operation {
    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape) {
        preconditionFailure("\(Self.self) keeps its output")
    }
}
