/// A step of a forward pass that knows its own backward rule.
protocol Operation {
    /// Adds to the gradients of the inputs and of parameters what the output's gradient says, and releases it.
    func backward(on tape: Tape)
}
