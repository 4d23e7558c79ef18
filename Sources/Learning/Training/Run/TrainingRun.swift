public import Adapters
import Architectures
import Autograd
public import Checkpoints
import Foundation
import Randomness
import Storage
public import Tensors
import Transformers

/// One training run: from a base, data and a recipe to an adapter, step by step, killable after any of them.
///
/// The result depends on base, data, recipe and instruction set; not on threads, memory, kills or how often it was
/// resumed.
public final class TrainingRun {
    /// What happens while a run goes on.
    public enum Event: Sendable {
        case step(StepRecord)
        case validated(ValidationRecord)
        case snapshot(step: Int)
        /// A loss or gradient was not finite, or the loss ran away; the run went back and on at a smaller rate.
        case rolledBack(from: Int, to: Int, rateFactor: Double)
        /// So many validations in a row were no better.
        case stoppedEarly(step: Int, validations: Int)
    }

    /// How a run ended.
    public struct Outcome: Sendable {
        /// Whether the run is done: all its steps, or early; otherwise it was asked to stop, and a snapshot holds its
        /// state.
        public var isFinished: Bool
        public var hasStoppedEarly: Bool
        public var step: Int
        public var bestStep: Int?
        public var rollbacks: Int
        /// What the run took, from the first step to the last snapshot.
        public var time: ProcessTime
    }

    /// How often a run goes back before it gives up.
    public static let maximumRollbacks = 3

    public internal(set) var recipe: AdapterRecipe
    public let parameterCount: Int
    /// Matrices that the adapter to begin from does not change.
    public let freshMatrixCount: Int
    /// What the recipe's precision amounts to on this CPU.
    public let precision: Precision
    /// The most bytes that activations and their gradients took at once.
    public var activationByteCount: Int { gradientStep.activationByteCount }
    /// Of how many layers values are computed again in the backward pass.
    public var recomputedLayers: Int { gradientStep.recomputedLayers }
    public var totalSteps: Int { order.totalSteps }
    var validationInterval: Int { recipe.validationInterval ?? order.stepsPerEpoch }
    var snapshotInterval: Int { recipe.snapshotInterval ?? order.stepsPerEpoch }

    let checkpoint: Checkpoint
    var identity: RunIdentity
    /// nil where all weights are trained.
    let adapter: TrainableAdapter?
    private let weights: TrainableWeights?
    let parameters: ParameterSet
    private let start: TrainingStart?
    let optimizer: AdamW
    var gradientStep: GradientStep
    let training: TrainingSet
    let validation: TrainingSet?
    let pool: ThreadPool
    let snapshotDirectory: String
    var order: BatchOrder
    var state = TrainingState()
    var references = PreferenceReferences()
    /// The micro-batches' size, where a plan chose another than the recipe's.
    var chosenTokens: Int?
    private let decoder: TrainableDecoder
    private let schedule: LearningRateSchedule
    var isMemoryReserved = false

    /// - Parameters:
    ///   - start: the adapter to begin from.
    ///   - recomputedLayers: see ``GradientStep``; changes memory and time, never the result.
    ///   - snapshotDirectory: where the snapshot lies and the run's lock is held.
    /// - Throws: ``TrainingError``, or what reading the base throws.
    public init(
        checkpoint: Checkpoint, recipe: AdapterRecipe, training: TrainingSet, validation: TrainingSet?,
        start: TrainingStart? = nil, recomputedLayers: Int = 0, snapshotDirectory: String, pool: ThreadPool = .shared
    ) throws {
        guard LibraryBuffers.fit(threads: pool.threadCount) else {
            throw TrainingError(
                "memory: the process may have no more, expected \(pool.threadCount * LibraryBuffers.byteCount >> 20) MiB for "
                    + "the products of \(pool.threadCount) threads",
                hint: "raise its limit (prlimit --as, LimitAS=), or give fewer --threads")
        }
        self.checkpoint = checkpoint
        self.recipe = recipe
        self.training = training
        self.validation = validation
        self.pool = pool
        self.snapshotDirectory = snapshotDirectory
        let precision = Precision(rawValue: recipe.precision.rawValue) ?? .fastest
        self.precision = precision
        identity = RunIdentity(
            base: try checkpoint.digest(), dataset: training.digest, validation: validation?.digest,
            recipe: recipe.digest, initialAdapter: start?.digest, date: training.date, precision: precision.rawValue,
            instructionSet: precision.instructionSet)
        self.start = start
        switch recipe.method {
        case .lora:
            let (adapter, missing) = try TrainingRun.startingAdapter(recipe, checkpoint, start)
            freshMatrixCount = missing
            decoder = try TrainableDecoder(checkpoint)
            parameters = adapter.parameters
            self.adapter = adapter
            weights = nil
        case .full:
            if let start {
                throw TrainingError(
                    "\(start.path): an adapter to begin from, expected none with method: full",
                    hint: "merge it into the base with retort-quantize first")
            }
            let weights = try TrainableWeights(checkpoint)
            freshMatrixCount = 0
            decoder = try TrainableDecoder(checkpoint, weights: weights)
            parameters = weights.parameters
            adapter = nil
            self.weights = weights
        }
        parameterCount = parameters.count
        var settings = AdamW.Settings()
        settings.weightDecay = recipe.weightDecay
        settings.clip = recipe.clip
        optimizer = AdamW(parameters, settings: settings) { entry in
            // As in the field: norms and biases do not decay, both factors of an update do, whatever their rank.
            AdamW.Group(
                rateFactor: entry.name.hasSuffix(".lora_b") ? recipe.loraPlusRatio : 1,
                decays: recipe.method == .lora || entry.rows > 1)
        }
        gradientStep = GradientStep(
            decoder: decoder, adapter: adapter, parameters: parameters, tokenLimit: recipe.tokensPerMicroBatch,
            recomputedLayers: recomputedLayers, objective: TrainingObjective(recipe), precision: precision, pool: pool)
        if recipe.dropout > 0 { gradientStep.dropout = (Float(recipe.dropout), 0) }
        order = BatchOrder(
            count: training.conversations.count, batchSize: recipe.batchSize, epochs: recipe.epochs,
            seed: recipe.seed)
        schedule = LearningRateSchedule(
            peak: recipe.learningRate, warmupSteps: Int((Double(order.totalSteps) * recipe.warmup).rounded()),
            totalSteps: order.totalSteps, floor: recipe.finalRate)
    }

    /// The adapter before the first step, and how many of its matrices the one to begin from does not change.
    private static func startingAdapter(
        _ recipe: AdapterRecipe, _ checkpoint: Checkpoint, _ start: TrainingStart?
    ) throws -> (TrainableAdapter, missing: Int) {
        var generator = SplitMix64(seed: recipe.seed, stream: 0)
        let adapter = TrainableAdapter(
            try recipe.updates(of: checkpoint.architecture.updatableMatrices), alpha: recipe.alpha,
            generator: &generator)
        return (adapter, try start.map { try adapter.load($0.adapter, name: $0.path) } ?? 0)
    }

    /// The parameters before the first step.
    func startingParameters() throws -> ParameterSet {
        guard adapter != nil else { return try TrainableWeights(checkpoint).parameters }
        return try TrainingRun.startingAdapter(recipe, checkpoint, start).0.parameters
    }

    /// Σ ln p of the tokens to say under the model before the first step.
    func startingLogProbabilities(of examples: [TrainingExample]) throws -> [Double] {
        guard adapter == nil else {
            let start = try TrainingRun.startingAdapter(recipe, checkpoint, start).0
            return gradientStep.logProbabilities(of: examples, adapter: start)
        }
        let base = GradientStep(
            decoder: try TrainableDecoder(checkpoint), adapter: nil, parameters: parameters,
            tokenLimit: recipe.tokensPerMicroBatch, precision: precision, pool: pool)
        return base.logProbabilities(of: examples, adapter: nil)
    }

    /// Takes other memory for the steps to come. The micro-batches' size is part of the recipe.
    func use(tokensPerMicroBatch: Int, recomputedLayers: Int) {
        recipe.tokensPerMicroBatch = tokensPerMicroBatch
        identity.recipe = recipe.digest
        gradientStep = GradientStep(
            decoder: decoder, adapter: adapter, parameters: parameters, tokenLimit: tokensPerMicroBatch,
            recomputedLayers: recomputedLayers, objective: gradientStep.objective, precision: precision, pool: pool)
        if recipe.dropout > 0 { gradientStep.dropout = (Float(recipe.dropout), 0) }
        isMemoryReserved = false
    }

    /// Trains until all steps are done, validations no longer get better, or `shouldStop` says so; then a snapshot
    /// holds the state.
    ///
    /// - Parameter limit: the step after which to stop as if asked to.
    /// - Throws: ``TrainingError`` when it had to go back too often; `StorageError` when a snapshot cannot be written.
    public func run(
        until limit: Int = .max, shouldStop: () -> Bool = { false }, onEvent: (Event) throws -> Void = { _ in }
    ) throws -> Outcome {
        let start = ProcessTime.now
        try prepareReferences()
        reserveMemory()
        var lastSnapshot = ContinuousClock.now
        while state.step < totalSteps, !state.hasStoppedEarly {
            if state.step >= limit || shouldStop() {
                try writeSnapshot(onEvent)
                return outcome(isFinished: false, since: start)
            }
            guard let record = takeStep() else {
                try rollBack(from: state.step + 1, onEvent)
                continue
            }
            try onEvent(.step(record))
            let step = state.step
            let isLast = step == totalSteps
            if isLast || step % validationInterval == 0, try !validate(onEvent) {
                try rollBack(from: step, onEvent)
                continue
            }
            let isGood = step % snapshotInterval == 0
            if isGood { state.goodStep = step }
            let isDue = lastSnapshot.duration(to: .now) > .seconds(recipe.snapshotMinutes * 60)
            if isLast || isGood || isDue || state.hasStoppedEarly {
                try writeSnapshot(onEvent)
                lastSnapshot = .now
            }
        }
        return outcome(isFinished: true, since: start)
    }

    private func outcome(isFinished: Bool, since start: ProcessTime) -> Outcome {
        Outcome(
            isFinished: isFinished, hasStoppedEarly: state.hasStoppedEarly, step: state.step,
            bestStep: state.best?.step, rollbacks: state.rollbacks, time: .now - start)
    }

    /// The adapter: the best state on the validation split where the recipe keeps it, the last one otherwise.
    ///
    /// - Throws: ``TrainingError`` where the run trains all weights: ``trainedModel()`` has them.
    public func result() throws -> LowRankAdapter {
        guard let adapter else { throw TrainingError("method: full: no adapter, expected method: lora") }
        try keepBest()
        return try adapter.adapter(architecture: checkpoint.architecture, baseDigest: identity.base)
    }

    /// The model, likewise; nil where the run trains an adapter.
    ///
    /// - Throws: ``TrainingError`` where a weight is not a number.
    public func trainedModel() throws -> TrainedModel? {
        try keepBest()
        return weights.map { TrainedModel(checkpoint: checkpoint, weights: $0) }
    }

    /// What no step comes after is checked here: the last update may have made it no number.
    private func keepBest() throws {
        if recipe.keepsBest, let best = state.best {
            parameters.values.update(from: best.values, count: parameterCount)
        }
        let values = UnsafeBufferPointer(start: parameters.values, count: parameterCount)
        guard values.allSatisfy(\.isFinite) else {
            throw TrainingError(
                "step \(state.step): a trained weight is not a number, expected finite numbers",
                hint: "lower learning_rate", isDivergence: true)
        }
    }

    // MARK: Steps

    /// Makes room for the largest step to come, before the first.
    private func reserveMemory() {
        guard !isMemoryReserved else { return }
        gradientStep.reserve(survey(tokenLimit: recipe.tokensPerMicroBatch).largest)
        isMemoryReserved = true
    }

    /// One step; nil, with nothing changed, when its loss or gradient is not to be trusted.
    private func takeStep() -> StepRecord? {
        let start = ContinuousClock.now
        let step = state.step + 1
        if recipe.dropout > 0 {
            var generator = SplitMix64(seed: recipe.seed, stream: UInt64(step) | 1 << 48)
            gradientStep.dropout = (Float(recipe.dropout), generator.next())
        }
        let loss = gradients(of: order.conversations(of: step))
        let norm = optimizer.gradientNorm
        // A model that knows nothing has a loss of ln(vocabulary size); far above that, it has run away.
        let bound = 4 * log(Double(checkpoint.architecture.vocabularySize))
        guard loss.mean.isFinite, norm.isFinite, loss.mean <= bound else { return nil }
        let rate = schedule.rate(step: step) * state.rateFactor
        optimizer.update(learningRate: rate, gradientNorm: norm)
        state.step = step
        return StepRecord(
            step: step, totalSteps: totalSteps, epoch: order.epoch(of: step), loss: loss.mean, gradientNorm: norm,
            learningRate: rate, seconds: start.duration(to: .now) / .seconds(1), examples: loss.examples,
            computedTokens: loss.computedTokens, exampleTokens: loss.exampleTokens, flops: loss.flops,
            divergence: loss.divergence, rewards: loss.rewards)
    }

    /// Leaves the gradient of the mean loss of some conversations in the parameters.
    func gradients(of places: some Sequence<Int>) -> StepLoss {
        training.isOfPreferences
            ? gradientStep.gradients(of: places.map { training.pair($0, references.training) })
            : gradientStep.gradients(of: places.flatMap { training.conversations[$0] })
    }

    /// The loss and the agreement on the validation split as the parameters are now, where there is one.
    public func validationLoss() throws -> StepLoss? {
        guard let validation else { return nil }
        try prepareReferences()
        return validation.isOfPreferences
            ? gradientStep.loss(
                of: validation.conversations.indices.map { validation.pair($0, references.validation) })
            : gradientStep.loss(of: Array(validation.conversations.joined()))
    }

    /// What the best validation so far found.
    var bestValidation: (agreement: Double, loss: Double)? { state.best.map { ($0.agreement, $0.loss) } }

    /// Looks at the validation split; false, with nothing changed, where the loss there is not a number.
    private func validate(_ onEvent: (Event) throws -> Void) throws -> Bool {
        guard let loss = try validationLoss() else { return true }
        // As with a step's loss: nothing is kept of such a state, and it is no result.
        guard loss.mean.isFinite else { return false }
        var found = TrainingState.Best(step: state.step, agreement: loss.agreement, loss: loss.mean, values: [])
        let isBest = found.isBetter(than: state.best)
        if isBest {
            // The old one is let go of first: there is room for one.
            state.best = nil
            found.values = Array(UnsafeBufferPointer(start: parameters.values, count: parameterCount))
            state.best = found
        }
        try onEvent(
            .validated(
                ValidationRecord(
                    step: state.step, loss: loss.mean, agreement: loss.agreement, isBest: isBest,
                    rewards: loss.rewards)))
        guard let rule = recipe.earlyStopping, state.step < totalSteps else { return true }
        if state.noteForEarlyStopping(rule, agreement: loss.agreement, loss: loss.mean) {
            try onEvent(.stoppedEarly(step: state.step, validations: rule.patience))
        }
        return true
    }
}
