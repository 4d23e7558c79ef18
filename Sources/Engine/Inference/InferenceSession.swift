import Synchronization
public import Tokenizers

/// One sequence with its keys and values. One call at a time; a second one at once is an error.
public final class InferenceSession: Sendable {
    let engine: InferenceEngine
    public let adapter: LoadedAdapter?
    /// The most tokens the session can hold.
    public let capacity: Int
    /// Nil while a call runs.
    private let state: Mutex<SequenceState?>

    init(engine: InferenceEngine, adapter: LoadedAdapter?, capacity: Int) {
        self.engine = engine
        self.adapter = adapter
        self.capacity = capacity
        state = Mutex(SequenceState(capacity: capacity))
    }

    /// The tokens so far.
    public var tokens: [TokenID] { get throws { try use { $0.tokens } } }

    /// Appends tokens and returns the logits after the last one.
    ///
    /// - Throws: ``InferenceError`` if there are none or too many, an id is not one of the vocabulary, or another call
    ///   is under way. The session is then as it was before.
    public func append(_ tokens: [TokenID]) throws -> [Float] {
        try use { state in
            guard !tokens.isEmpty else { throw InferenceError("tokens: none, expected at least one") }
            try engine.check(tokens, after: state.tokens.count, capacity: capacity)
            return engine.extend(&state, by: tokens[...], adapter: adapter)
        }
    }

    func use<Result>(_ body: (inout SequenceState) throws -> Result) throws -> Result {
        var taken = try take()
        defer { put(taken) }
        return try body(&taken)
    }

    func take() throws -> SequenceState {
        let taken = state.withLock { state in
            defer { state = nil }
            return state
        }
        guard let taken else { throw InferenceError("session: in use by another call, expected one call at a time") }
        return taken
    }

    func put(_ taken: SequenceState) { state.withLock { $0 = taken } }
}
