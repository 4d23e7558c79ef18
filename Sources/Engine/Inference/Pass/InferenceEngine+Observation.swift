import Checkpoints
public import Tokenizers

extension InferenceEngine {
    /// Runs sequences through all layers and shows what each matrix is multiplied with: for statistics of a model's own
    /// inputs. Short sequences share a pass; no logits are made, and no keys and values are kept.
    ///
    /// - Parameters:
    ///   - sequences: the tokens, each from the beginning of a text on.
    ///   - adapter: runs beside the base.
    ///   - progress: called before each pass with the number of tokens done; what it throws ends the run.
    ///   - observe: called for each matrix in each pass, on the calling thread.
    /// - Throws: ``InferenceError`` for a sequence that is empty or longer than the model's context, or an id that is not
    ///   one of the vocabulary; what `progress` throws.
    public func observeInputs(
        of sequences: [[TokenID]], adapter: LoadedAdapter? = nil, progress: (Int) throws -> Void = { _ in },
        _ observe: (MatrixInput) -> Void
    ) throws {
        for sequence in sequences {
            guard !sequence.isEmpty else { throw InferenceError("tokens: none, expected at least one") }
            try check(sequence, after: 0, capacity: sequence.count)
        }
        try withoutActuallyEscaping(observe) { observe in
            var segments: [RowSegment] = []
            var waiting = 0, done = 0
            func pass() throws {
                try progress(done)
                _ = run(segments, observe: observe)
                done += waiting
                waiting = 0
                segments = []
            }
            for sequence in sequences {
                var state = SequenceState(capacity: sequence.count)
                var rest = sequence[...]
                while !rest.isEmpty {
                    let part = rest.prefix(InferenceEngine.chunkLength - waiting)
                    segments.append(chain(part, &state, adapter, wanted: []))
                    state.take(part)
                    waiting += part.count
                    rest = rest.dropFirst(part.count)
                    if waiting == InferenceEngine.chunkLength { try pass() }
                }
            }
            if waiting > 0 { try pass() }
        }
    }
}
