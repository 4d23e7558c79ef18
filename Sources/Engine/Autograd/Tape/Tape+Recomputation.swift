/// A part of a forward pass that can be computed a second time, with the same numbers.
///
/// Such a value lies on the tape; one of up to three words, references for one, takes no memory of its own there.
public protocol Recomputable {
    /// Returns an activation of the size of `x` that it made.
    func forward(_ x: Activation, on tape: Tape) -> Activation
}

extension Tape {
    /// `part.forward(x)`, of which only the result is kept: the backward pass computes the rest again.
    ///
    /// Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016. The gradients are those of the part itself to
    /// the bit. Nested calls are not supported.
    public func recomputed(_ x: Activation, _ part: any Recomputable) -> Activation {
        let output = make(rows: x.rows, columns: x.columns, needsGradient: true)
        let (mark, nodes, wasRecording) = (arena.mark, nodeCount, isRecording)
        isRecording = false
        let result = part.forward(x, on: self)
        value(output).update(from: value(result), count: output.count)
        isRecording = wasRecording
        removeNodes(from: nodes)
        arena.rewind(to: mark)
        record(.recomputed(RecomputedOperation(input: x, output: output, part: part)))
        return output
    }

    /// `body()`, the memory of whose values is given back as soon as its backward pass is done.
    ///
    /// What body returns must not be asked for after that.
    public func scoped(_ body: () -> Activation) -> Activation {
        record(.scope(ScopeOperation(mark: arena.mark, nodes: nodeCount)))
        return body()
    }
}

struct RecomputedOperation {
    let input: Activation
    let output: Activation
    let part: any Recomputable

    func backward(on tape: Tape) {
        guard tape.gradient(output) != nil else { return }
        let (mark, nodes, operations) = (tape.arena.mark, tape.nodeCount, tape.operationCount)
        let result = part.forward(input, on: tape)
        if tape.needsGradient(result) { tape.passGradient(from: output, to: result) }
        tape.backward(downTo: operations)
        tape.removeNodes(from: nodes)
        tape.arena.rewind(to: mark)
        tape.release(output)
    }
}

struct ScopeOperation {
    let mark: Arena.Mark
    let nodes: Int

    func backward(on tape: Tape) {
        tape.removeNodes(from: nodes)
        tape.arena.rewind(to: mark)
    }
}
