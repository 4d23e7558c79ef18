/// What a tape records: a step of a forward pass, with all that its backward rule needs.
///
/// It is an enumeration, so that a tape is one array whose memory the next pass uses again; operations behind a protocol
/// would each be allocated. The rules stand beside the forward passes, in `Tape+….swift`.
enum Operation {
    case addition(AdditionOperation)
    case attention(AttentionOperation)
    case embedding(EmbeddingOperation)
    case gated(GatedOperation)
    case linear(LinearOperation)
    case linearGroup(LinearGroupOperation)
    case norm(NormOperation)
    case recomputed(RecomputedOperation)
    case scope(ScopeOperation)
    case selection(SelectionOperation)

    /// Adds to the gradients of the inputs and of parameters what the output's gradient says, and releases it.
    func backward(on tape: Tape) {
        switch self {
        case .addition(let operation): operation.backward(on: tape)
        case .attention(let operation): operation.backward(on: tape)
        case .embedding(let operation): operation.backward(on: tape)
        case .gated(let operation): operation.backward(on: tape)
        case .linear(let operation): operation.backward(on: tape)
        case .linearGroup(let operation): operation.backward(on: tape)
        case .norm(let operation): operation.backward(on: tape)
        case .recomputed(let operation): operation.backward(on: tape)
        case .scope(let operation): operation.backward(on: tape)
        case .selection(let operation): operation.backward(on: tape)
        }
    }

    /// Computes the output's value again, from inputs whose values are still there.
    ///
    /// Only for operations whose output was made with ``Tape/makeRestorable(rows:columns:needsGradient:)``.
    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape) {
        switch self {
        case .gated(let operation): operation.restore(into: output, on: tape)
        case .norm(let operation): operation.restore(into: output, on: tape)
        default: preconditionFailure("the operation keeps its output")
        }
    }
}
