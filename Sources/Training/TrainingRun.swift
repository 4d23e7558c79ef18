public import Adapters
import Autograd
public import Checkpoints
import Foundation
import Storage
public import Tensors
import Transformers

/// One training run: from a base, data and a recipe to an adapter, step by step, killable after any of them.
///
/// The result depends on base, data, recipe and instruction set; not on threads, kills or how often it was resumed.
public final class TrainingRun {
    /// What happens while a run goes on.
    public enum Event: Sendable {
        case resumed(step: Int)
        case step(StepRecord)
        case validated(ValidationRecord)
        case snapshot(step: Int)
        /// A loss or gradient was not finite, or the loss ran away; the run went back and on at a smaller rate.
        case rolledBack(from: Int, to: Int, rateFactor: Double)
    }

    /// How a run ended.
    public struct Outcome: Sendable {
        /// Whether all steps are done; otherwise it was asked to stop, and a snapshot holds its state.
        public var isFinished: Bool
        public var step: Int
        public var bestStep: Int?
        public var rollbacks: Int
    }

    /// How often a run goes back before it gives up.
    public static let maximumRollbacks = 3
    /// The longest time between two snapshots, seconds.
    static let snapshotSeconds = 60.0

    public let recipe: AdapterRecipe
    public let totalSteps: Int
    public let parameterCount: Int
    /// What the recipe's precision amounts to on this CPU.
    public let precision: Precision
    /// Bytes held for activations and their gradients.
    public var activationByteCount: Int { gradientStep.activationByteCount }

    let checkpoint: Checkpoint
    let identity: RunIdentity
    let adapter: TrainableAdapter
    private let optimizer: AdamW
    private let gradientStep: GradientStep
    private let schedule: LearningRateSchedule
    private let training: TrainingSet
    private let validation: TrainingSet?
    private let snapshotDirectory: String
    private let snapshotPath: String
    /// The parameters before the first step, where a reference model is needed.
    private var initialValues: [Float] = []
    private var references = PreferenceReferences()
    private var order: (epoch: Int, conversations: [Int]) = (-1, [])
    private var state = TrainingState()
    /// What a roll-back returns to.
    private var lastGood = TrainingState()

    /// - Parameter snapshotDirectory: where the snapshot lies and the run's lock is held.
    /// - Throws: ``TrainingError``, or what reading the base throws.
    public init(
        checkpoint: Checkpoint, recipe: AdapterRecipe, training: TrainingSet, validation: TrainingSet?,
        snapshotDirectory: String, pool: ThreadPool = .shared
    ) throws {
        self.checkpoint = checkpoint
        self.recipe = recipe
        self.training = training
        self.validation = validation
        let precision = Precision(rawValue: recipe.precision.rawValue) ?? .fastest
        self.precision = precision
        identity = RunIdentity(
            base: try checkpoint.digest(), dataset: training.digest, validation: validation?.digest,
            recipe: recipe.digest, precision: precision.rawValue, instructionSet: precision.instructionSet)
        var generator = SeededGenerator(seed: recipe.seed, stream: 0)
        adapter = try TrainableAdapter(
            architecture: checkpoint.architecture, rank: recipe.rank, alpha: recipe.alpha,
            targets: recipe.targets?.map(\.rawValue), generator: &generator)
        parameterCount = adapter.parameters.count
        var settings = AdamW.Settings()
        settings.weightDecay = recipe.weightDecay
        settings.clip = recipe.clip
        optimizer = AdamW(adapter.parameters, settings: settings)
        gradientStep = GradientStep(
            decoder: try TrainableDecoder(checkpoint), adapter: adapter, tokenLimit: recipe.tokensPerMicroBatch,
            objective: TrainingObjective(recipe), precision: precision, pool: pool)
        stepsPerEpoch = (training.conversations.count + recipe.batchSize - 1) / recipe.batchSize
        totalSteps = stepsPerEpoch * recipe.epochs
        schedule = LearningRateSchedule(
            peak: recipe.learningRate, warmupSteps: Int((Double(totalSteps) * recipe.warmup).rounded()),
            totalSteps: totalSteps, floor: recipe.finalRate)
        self.snapshotDirectory = snapshotDirectory
        snapshotPath = snapshotDirectory + "/snapshot.bin"
        keepState()
        lastGood = state
        if training.isOfPreferences { initialValues = state.values }
    }

    private let stepsPerEpoch: Int

    /// Goes on from the snapshot, where there is one; returns the steps that it holds.
    ///
    /// - Throws: ``TrainingError`` for a snapshot that is damaged or of another run.
    public func resume() throws -> Int {
        guard FileManager.default.fileExists(atPath: snapshotPath) else { return 0 }
        restore(try TrainingSnapshot.read(snapshotPath, identity, parameterCount: parameterCount))
        lastGood = state
        return state.step
    }

    /// Trains until all steps are done or `shouldStop` says so; then a snapshot holds the state.
    ///
    /// - Throws: ``TrainingError`` when it had to go back too often; `StorageError` when a snapshot cannot be written.
    public func run(
        shouldStop: () -> Bool = { false }, onEvent: (Event) throws -> Void = { _ in }
    ) throws -> Outcome {
        try prepareReferences()
        var lastSnapshot = Date()
        while state.step < totalSteps {
            if shouldStop() {
                try writeSnapshot(onEvent)
                return Outcome(
                    isFinished: false, step: state.step, bestStep: state.best?.step, rollbacks: state.rollbacks)
            }
            guard let record = takeStep() else {
                try rollBack(onEvent)
                continue
            }
            try onEvent(.step(record))
            let step = state.step
            let isLast = step == totalSteps
            if isLast || step % (recipe.validationInterval ?? stepsPerEpoch) == 0 { try validate(onEvent) }
            let isDue = step % (recipe.snapshotInterval ?? stepsPerEpoch) == 0
            if isLast || isDue || Date().timeIntervalSince(lastSnapshot) > TrainingRun.snapshotSeconds {
                try writeSnapshot(onEvent)
                lastGood = state
                lastSnapshot = Date()
            }
        }
        return Outcome(isFinished: true, step: state.step, bestStep: state.best?.step, rollbacks: state.rollbacks)
    }

    /// The adapter: the best state on the validation split where the recipe keeps it, the last one otherwise.
    public func result() throws -> LowRankAdapter {
        if recipe.keepsBest, let best = state.best {
            adapter.parameters.values.update(from: best.values, count: parameterCount)
        }
        return try adapter.adapter(architecture: checkpoint.architecture, baseDigest: identity.base)
    }

    /// What the model at the run's start thinks of every pair: computed once, and kept beside the snapshot.
    private func prepareReferences() throws {
        guard training.isOfPreferences, references.training.isEmpty else { return }
        let path = snapshotDirectory + "/references.json"
        if let kept = try PreferenceReferences(path: path, identity) {
            references = kept
            return
        }
        let trained = copy(adapter.parameters.values)
        adapter.parameters.values.update(from: initialValues, count: parameterCount)
        defer { adapter.parameters.values.update(from: trained, count: parameterCount) }
        func found(_ set: TrainingSet?) -> [PreferencePair.Reference] {
            let sums = gradientStep.logProbabilities(
                of: Array((set?.conversations ?? []).joined()), adapter: adapter)
            return stride(from: 0, to: sums.count - 1, by: 2).map {
                PreferencePair.Reference(chosen: sums[$0], rejected: sums[$0 + 1])
            }
        }
        references = PreferenceReferences(training: found(training), validation: found(validation))
        try references.write(to: path, identity)
    }

    // MARK: Steps

    /// One step; nil, with nothing changed, when its loss or gradient is not to be trusted.
    private func takeStep() -> StepRecord? {
        let start = ContinuousClock.now
        let step = state.step + 1
        let places = batch(of: step)
        let loss =
            training.isOfPreferences
            ? gradientStep.gradients(of: places.map { training.pair($0, references.training) })
            : gradientStep.gradients(of: places.flatMap { training.conversations[$0] })
        let norm = optimizer.gradientNorm
        // A model that knows nothing has a loss of ln(vocabulary size); far above that, it has run away.
        let bound = 4 * log(Double(checkpoint.architecture.vocabularySize))
        guard loss.mean.isFinite, norm.isFinite, loss.mean <= bound else { return nil }
        let rate = schedule.rate(step: step) * state.rateFactor
        optimizer.update(learningRate: rate, gradientNorm: norm)
        state.step = step
        let elapsed = start.duration(to: .now)
        return StepRecord(
            step: step, totalSteps: totalSteps, epoch: (step - 1) / stepsPerEpoch, loss: loss.mean, gradientNorm: norm,
            learningRate: rate,
            seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18,
            examples: loss.examples, computedTokens: loss.computedTokens, exampleTokens: loss.exampleTokens,
            divergence: loss.divergence, rewards: loss.rewards)
    }

    /// The conversations of a step, from 1: each epoch takes every conversation once, in its own random order.
    private func batch(of step: Int) -> ArraySlice<Int> {
        let epoch = (step - 1) / stepsPerEpoch
        if order.epoch != epoch {
            var generator = SeededGenerator(seed: recipe.seed, stream: UInt64(epoch) + 1)
            order = (epoch, generator.permutation(training.conversations.count))
        }
        let first = (step - 1) % stepsPerEpoch * recipe.batchSize
        let last = min(first + recipe.batchSize, order.conversations.count)
        return order.conversations[first..<last]
    }

    private func validate(_ onEvent: (Event) throws -> Void) throws {
        guard let validation else { return }
        let loss =
            validation.isOfPreferences
            ? gradientStep.loss(
                of: validation.conversations.indices.map { validation.pair($0, references.validation) })
            : gradientStep.loss(of: Array(validation.conversations.joined()))
        var found = TrainingState.Best(step: state.step, agreement: loss.agreement, loss: loss.mean, values: [])
        let isBest = loss.mean.isFinite && found.isBetter(than: state.best)
        if isBest {
            found.values = copy(adapter.parameters.values)
            state.best = found
        }
        try onEvent(
            .validated(
                ValidationRecord(
                    step: state.step, loss: loss.mean, agreement: loss.agreement, isBest: isBest,
                    rewards: loss.rewards)))
    }

    // MARK: State

    private func writeSnapshot(_ onEvent: (Event) throws -> Void) throws {
        keepState()
        try TrainingSnapshot.write(state, identity, to: snapshotPath)
        try onEvent(.snapshot(step: state.step))
    }

    private func rollBack(_ onEvent: (Event) throws -> Void) throws {
        let failed = state.step + 1
        let rollbacks = state.rollbacks + 1
        guard rollbacks <= TrainingRun.maximumRollbacks else {
            throw TrainingError(
                "step \(failed): loss or gradient is not finite or runs away, after \(rollbacks - 1) roll-backs with a "
                    + "smaller rate each, expected training to go on",
                hint: "lower learning_rate, or look at the examples of this step")
        }
        let factor = state.rateFactor * 0.5
        restore(lastGood)
        state.rollbacks = rollbacks
        state.rateFactor = factor
        lastGood.rollbacks = rollbacks
        lastGood.rateFactor = factor
        try onEvent(.rolledBack(from: failed, to: state.step, rateFactor: factor))
    }

    /// Copies parameters and moments into the state.
    private func keepState() {
        state.values = copy(adapter.parameters.values)
        state.moment1 = copy(optimizer.moment1)
        state.moment2 = copy(optimizer.moment2)
    }

    private func restore(_ other: TrainingState) {
        state = other
        adapter.parameters.values.update(from: other.values, count: parameterCount)
        optimizer.moment1.update(from: other.moment1, count: parameterCount)
        optimizer.moment2.update(from: other.moment2, count: parameterCount)
        optimizer.step = other.step
    }

    private func copy(_ numbers: UnsafePointer<Float>) -> [Float] {
        Array(UnsafeBufferPointer(start: numbers, count: parameterCount))
    }
}
