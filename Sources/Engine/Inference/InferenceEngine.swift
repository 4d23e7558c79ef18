public import Adapters
import Architectures
public import Checkpoints
import Synchronization
public import Tensors
public import Tokenizers

/// Runs one base, with any number of adapters beside it: logits, generated text, scores of labels.
///
/// Nothing of a request is kept in the engine but the keys and values of prompts, which later requests with the same
/// beginning start from. All methods may be called from several threads at once.
public final class InferenceEngine: Sendable {
    public let checkpoint: Checkpoint
    let pool: ThreadPool
    let weights: DecoderWeights
    let prefixes: PrefixCache
    private let workspaces = Mutex<[Workspace]>([])
    private let ropes = Mutex<[Bool: RopeTables]>([:])

    /// Rows that a pass takes at most of a prompt: enough for full speed, few enough to bound memory.
    static let chunkLength = 256
    /// Rows that a pass takes at least of a prompt that is longer. As many or more are multiplied by the same kernels, so
    /// that their numbers do not tell how much of the prompt was known before.
    package static let leastRows = FrozenMatrix.fewRows + 1

    /// - Parameters:
    ///   - pool: whose threads do the work.
    ///   - prefixBytes: how much memory the keys and values of earlier prompts may take.
    /// - Throws: what reading the weights throws.
    public init(checkpoint: Checkpoint, pool: ThreadPool = .shared, prefixBytes: Int = 256 << 20) throws {
        self.checkpoint = checkpoint
        self.pool = pool
        weights = try DecoderWeights(checkpoint)
        let architecture = checkpoint.architecture
        let bytesPerToken =
            2 * MemoryLayout<Float>.size * architecture.attention.keyValueWidth * architecture.layerCount
        prefixes = PrefixCache(capacity: prefixBytes / max(1, bytesPerToken))
    }

    var architecture: DecoderArchitecture { checkpoint.architecture }

    /// Makes an adapter ready for this base.
    ///
    /// - Parameters:
    ///   - scale: multiplies the adapter's own scale; 1 as it was trained.
    ///   - name: what messages call the adapter, its path for one.
    /// - Throws: `AdapterError` if the adapter was made for another base.
    public func load(_ adapter: LowRankAdapter, scale: Float = 1, name: String = "adapter") throws -> LoadedAdapter {
        try LoadedAdapter(adapter, scale: scale, checkpoint: checkpoint, name: name)
    }

    /// The logits after every token: `[tokens, vocabulary]`, row-major.
    ///
    /// - Throws: ``InferenceError`` if there are none or too many tokens, or an id is not one of the vocabulary.
    public func logits(_ tokens: [TokenID], adapter: LoadedAdapter? = nil) throws -> [Float] {
        guard !tokens.isEmpty else { throw InferenceError("tokens: none, expected at least one") }
        var state = SequenceState(capacity: tokens.count)
        try check(tokens, after: 0, capacity: tokens.count)
        var result: [Float] = []
        result.reserveCapacity(tokens.count * architecture.vocabularySize)
        for start in stride(from: 0, to: tokens.count, by: InferenceEngine.chunkLength) {
            let chunk = tokens[start..<min(start + InferenceEngine.chunkLength, tokens.count)]
            result += run(chunk, &state, adapter, wanted: Array(0..<chunk.count))
        }
        return result
    }

    /// A sequence to be extended bit by bit.
    ///
    /// - Parameter capacity: the most tokens it may get; the model's context length by default. Models with rope factors
    ///   for long sequences use them if this is longer than the context they were first trained on.
    public func makeSession(adapter: LoadedAdapter? = nil, capacity: Int? = nil) -> InferenceSession {
        let capacity = min(capacity ?? architecture.contextLength, architecture.contextLength)
        return InferenceSession(engine: self, adapter: adapter, capacity: max(1, capacity))
    }

    // MARK: Passes

    /// Throws unless the tokens can follow `count` earlier ones in a sequence of at most `capacity`.
    func check(_ tokens: [TokenID], after count: Int, capacity: Int) throws {
        let limit = min(capacity, architecture.contextLength)
        guard count + tokens.count <= limit else {
            throw InferenceError(
                "tokens: \(count + tokens.count), expected at most \(limit)",
                hint: limit == architecture.contextLength ? "the model's context is \(limit) tokens long" : nil)
        }
        guard let wrong = tokens.firstIndex(where: { !(0..<architecture.vocabularySize).contains(Int($0)) }) else {
            return
        }
        throw InferenceError(
            "token \(wrong): id \(tokens[wrong]), expected 0 to \(architecture.vocabularySize - 1)")
    }

    /// Starts a sequence with as much of a prompt as is known already; at least ``leastRows`` are left to be run.
    func begin(_ prompt: [TokenID], adapter: LoadedAdapter?, owner: PromptOwner?, capacity: Int) -> SequenceState {
        let prefix = prefixes.match(
            prompt.dropLast(InferenceEngine.leastRows), key: prefixKey(adapter, owner, capacity: capacity))
        let known = prefix.reduce(0) { $0 + $1.count }
        return SequenceState(capacity: capacity, prefix: prefix, tokens: prompt.prefix(known))
    }

    /// Keeps a prompt's keys and values for prompts that begin alike. Those of an answer are not kept: computed a token
    /// at a time, they differ in the last bits from what a prompt's would be.
    func keep(_ state: SequenceState, prompt count: Int, adapter: LoadedAdapter?, owner: PromptOwner?) {
        prefixes.insert(
            state.tokens.prefix(count), pieces: state.pieces.slice(0..<count),
            key: prefixKey(adapter, owner, capacity: state.capacity))
    }

    private func prefixKey(_ adapter: LoadedAdapter?, _ owner: PromptOwner?, capacity: Int) -> PrefixCache.Key {
        PrefixCache.Key(adapter: adapter?.digest, owner: owner, isLong: architecture.rope.isLong(capacity))
    }

    /// Extends a sequence by many tokens, chunk by chunk; returns the logits after the last one if they are wanted.
    func extend(
        _ state: inout SequenceState, by tokens: ArraySlice<TokenID>, adapter: LoadedAdapter?, wantsLogits: Bool = true
    ) -> [Float] {
        var rest = tokens
        while rest.count > InferenceEngine.chunkLength {
            // Enough is left for the last pass.
            let count = min(InferenceEngine.chunkLength, rest.count - InferenceEngine.leastRows)
            _ = run(rest.prefix(count), &state, adapter, wanted: [])
            rest = rest.dropFirst(count)
        }
        return run(rest, &state, adapter, wanted: wantsLogits ? [rest.count - 1] : [])
    }

    private func run(
        _ tokens: ArraySlice<TokenID>, _ state: inout SequenceState, _ adapter: LoadedAdapter?, wanted: [Int]
    ) -> [Float] {
        let segment = chain(tokens, &state, adapter, wanted: wanted)
        let logits = run([segment])
        state.take(tokens)
        return logits
    }

    /// The segment that extends a sequence by a few tokens.
    func chain(
        _ tokens: ArraySlice<TokenID>, _ state: inout SequenceState, _ adapter: LoadedAdapter?, wanted: [Int]
    ) -> RowSegment {
        let room = state.reserve(tokens.count, architecture: architecture)
        return RowSegment(
            tokens: Array(tokens), chainCount: tokens.count, context: state.pieces, contextLength: state.tokens.count,
            target: room.block, targetOffset: room.offset, adapter: adapter, rope: rope(capacity: state.capacity),
            wanted: wanted)
    }

    /// One pass over all rows of all segments.
    func run(_ segments: [RowSegment], observe: ((MatrixInput) -> Void)? = nil) -> [Float] {
        let rows = segments.reduce(0) { $0 + $1.rowCount }
        let workspace = takeWorkspace(rows: rows)
        defer { workspaces.withLock { $0.append(workspace) } }
        let pass = ForwardPass(
            architecture: architecture, weights: weights, pool: pool, segments: segments, workspace: workspace,
            observe: observe)
        return pass.run()
    }

    private func takeWorkspace(rows: Int) -> Workspace {
        let known = workspaces.withLock { workspaces -> Workspace? in
            // One that is too small is let go, so that the list does not grow beyond the passes that run at once.
            guard let last = workspaces.popLast(), last.rows >= rows else { return nil }
            return last
        }
        return known ?? Workspace(rows: max(rows, 16), architecture: architecture)
    }

    /// The rotations for a sequence of at most `capacity` tokens.
    private func rope(capacity: Int) -> RopeTables {
        let isLong = architecture.rope.isLong(capacity)
        return ropes.withLock { ropes in
            if let known = ropes[isLong], known.global.positions >= capacity { return known }
            // Doubling bounds how often a growing length makes the table anew.
            let positions = min(max(2 * (ropes[isLong]?.global.positions ?? 0), capacity, 512), 1 << 30)
            let global = architecture.rope.table(positions: positions, sequenceLength: capacity)
            let local = architecture.localRope?.table(positions: positions, sequenceLength: capacity) ?? global
            let tables = RopeTables(global: global, local: local)
            ropes[isLong] = tables
            return tables
        }
    }
}
