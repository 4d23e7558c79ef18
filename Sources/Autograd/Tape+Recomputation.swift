extension Tape {
    /// `body(x)`, of which only the result is kept: the backward pass computes the rest again.
    ///
    /// Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016. Body must compute the same numbers each
    /// time that it is called, and return an activation of the size of `x` that it made; the gradients are then those
    /// of `body(x)` to the bit. Nested calls are not supported.
    public func recomputed(_ x: Activation, _ body: @escaping (Activation) -> Activation) -> Activation {
        let output = make(rows: x.rows, columns: x.columns, needsGradient: true)
        let (mark, nodes, wasRecording) = (arena.mark, nodeCount, isRecording)
        isRecording = false
        let result = body(x)
        value(output).update(from: value(result), count: output.count)
        isRecording = wasRecording
        removeNodes(from: nodes)
        arena.rewind(to: mark)
        record(RecomputedOperation(input: x, output: output, body: body))
        return output
    }

    /// `body()`, the memory of whose values is given back as soon as its backward pass is done.
    ///
    /// What body returns must not be asked for after that.
    public func scoped(_ body: () -> Activation) -> Activation {
        record(ScopeOperation(mark: arena.mark, nodes: nodeCount))
        return body()
    }
}

private struct RecomputedOperation: Operation {
    let input: Activation
    let output: Activation
    let body: (Activation) -> Activation

    func backward(on tape: Tape) {
        guard tape.gradient(output) != nil else { return }
        let (mark, nodes, operations) = (tape.arena.mark, tape.nodeCount, tape.operationCount)
        let result = body(input)
        if tape.needsGradient(result) { tape.passGradient(from: output, to: result) }
        tape.backward(downTo: operations)
        tape.removeNodes(from: nodes)
        tape.arena.rewind(to: mark)
        tape.release(output)
    }
}

private struct ScopeOperation: Operation {
    let mark: Arena.Mark
    let nodes: Int

    func backward(on tape: Tape) {
        tape.removeNodes(from: nodes)
        tape.arena.rewind(to: mark)
    }
}
