import Architectures
import ChatTemplates
import Checkpoints
import Datasets
import Foundation
import Inference
public import PlainText
import Storage
public import Tasks
import Tokenizers

/// What is to be evaluated and compared, by file; ``report(progress:)`` does it.
public struct EvaluationPlan: Sendable {
    public var task: TaskDefinition
    /// The split's file.
    public var split: String
    /// Training rows for the linear baseline; nil looks for the training split of the same dataset version.
    public var training: String?
    /// The base: what is evaluated, alone or with ``adapter``; beside ``model``, what that is compared with.
    public var base: String?
    public var adapter: String?
    /// A merged model, evaluated in place of base and adapter.
    public var model: String?
    /// A chat template in place of the models' own: a built-in one's name, or a Jinja file.
    public var template: String?
    /// What a chat template that prints the date is told. The report names it then, since the answers may depend on it.
    public var date: LocalTime
    /// What the report calls the artifact; its kind, where nothing is said.
    public var name: String?
    public var seed: UInt64 = 1
    /// Whether the base is evaluated beside an adapter or a merged model.
    public var comparesBase = true
    public var comparesBaseline = true

    /// How far an evaluation is.
    public struct Moment: Sendable {
        /// The system that answers now.
        public var system: String
        /// How many examples it has answered, of how many, and how many a second.
        public var done: Int
        public var count: Int
        public var rate: Double
        /// Seconds until the last system has answered all, if the others are as fast.
        public var secondsLeft: Double
    }

    /// Told how far the work is, one call at a time.
    public typealias Progress = @Sendable (Moment) throws -> Void

    public init(task: TaskDefinition, split: String, date: LocalTime) {
        self.task = task
        self.split = split
        self.date = date
    }

    /// Evaluates everything.
    ///
    /// - Throws: ``EvaluationError`` and what reading the files throws, before the long work begins; `AdapterError` for an
    ///   adapter of another base.
    public func report(progress: @escaping Progress = { _ in }) async throws -> EvaluationReport {
        let examples = try EvaluationExample.examples(ofFile: split, task: task)
        let splitDigest = try ContentDigest(ofFile: split)
        let dataset = try dataset(splitDigest)
        let rows = try trainingFile(isInDataset: dataset != nil).map {
            try EvaluationExample.examples(ofFile: $0, task: task)
        }
        guard let path = model ?? base else {
            throw EvaluationError("artifact: none, expected a base or a merged model")
        }
        let artifact = try Artifact(model: path, adapter: adapter, template: template)
        // What was merged by others bears no mark of ours.
        let kind = model == nil ? SystemResult.Kind(artifact.kind) : .merged
        let compared = comparesBase && (kind == .adapter || (model != nil && base != nil))
        if compared, name == SystemResult.Kind.base.rawValue {
            throw EvaluationError("name: 'base', expected another: the base is evaluated beside the artifact")
        }
        let engine = try InferenceEngine(checkpoint: artifact.checkpoint)
        let loaded = try artifact.adapter.map { try engine.load($0, name: adapter ?? "adapter") }

        var reference: InferenceEngine?
        if compared, model != nil, let base {
            let checkpoint = try Checkpoint(path: base, template: template)
            guard try checkpoint.digest() != artifact.baseDigest else {
                throw EvaluationError(
                    "model \(path): the very tensors of the base \(base), expected a model that an adapter was merged into",
                    hint: "to evaluate the base alone, leave --model away")
            }
            reference = try InferenceEngine(checkpoint: checkpoint)
        } else if compared {
            reference = engine
        }

        var tellsTime = false
        var systemsLeft = reference == nil ? 1 : 2
        func run(_ name: String, _ kind: SystemResult.Kind, _ engine: InferenceEngine, _ adapter: LoadedAdapter?) throws
            -> SystemResult
        {
            try probe(engine, adapter)
            let runner = try ArtifactRunner(task: task, engine: engine, adapter: adapter, date: date)
            tellsTime = try tellsTime || engine.checkpoint.template.tellsTime
            let start = ContinuousClock.now
            systemsLeft -= 1
            let waiting = systemsLeft * examples.count
            let predictions = try runner.predictions(for: examples) { done in
                let rate = Double(done) / max(start.duration(to: .now) / .seconds(1), 1e-9)
                try progress(
                    Moment(
                        system: name, done: done, count: examples.count, rate: rate,
                        secondsLeft: Double(examples.count - done + waiting) / rate))
            }
            return measured(name, kind, examples, predictions)
        }

        let result = try run(name ?? kind.rawValue, kind, engine, loaded)
        var references: [SystemResult] = []
        if let reference { references.append(try run("base", .base, reference, nil)) }
        if let rows {
            let baseline = try await LinearBaseline(training: rows, labels: task.labelNames, seed: seed)
            references.append(
                measured("linear baseline", .baseline, examples, examples.map { baseline.prediction(for: $0) }))
        }
        var report = EvaluationReport(
            name: name ?? kind.rawValue,
            subject: .init(kind: kind, digest: artifact.digest, baseDigest: artifact.baseDigest), task: task,
            dataset: dataset, split: splitDigest, date: tellsTime ? date : nil, examples: examples, result: result,
            references: references, bootstrap: Bootstrap(seed: seed))
        let doubts = SplitDoubts(
            examples, training: rows, digest: splitDigest, learned: artifact.trainedOn)
        report.warnings = try artifact.checkpoint.tokenizer.warnings + doubts.warnings
        if result.tooLongCount > 0 {
            report.warnings.append(
                "\(result.tooLongCount) of \(examples.count) prompts are longer than the model's context of "
                    + "\(artifact.checkpoint.architecture.contextLength) tokens: counted as no answer")
        }
        if rows == nil, comparesBaseline, kind != .base, task.kind == .classification {
            report.warnings.append(
                "no linear baseline was trained, since there are no training rows beside the split: whether the artifact is "
                    + "better than one, the report does not say; --train names the rows")
        }
        if let lowRank = artifact.adapter {
            report.warnings += artifact.checkpoint.doubts(about: lowRank, name: adapter ?? kind.rawValue)
        }
        return report
    }

    /// Refuses a system before it is asked anything if its logits are no numbers.
    private func probe(_ engine: InferenceEngine, _ loaded: LoadedAdapter?) throws {
        do {
            _ = try engine.probe(adapter: loaded)
        } catch let error as InferenceError where error.kind == .notANumber {
            let path = loaded == nil ? nil : adapter
            throw EvaluationError("\(path ?? engine.checkpoint.path): \(error.description)", hint: error.hint)
        }
    }

    private func measured(
        _ name: String, _ kind: SystemResult.Kind, _ examples: [EvaluationExample], _ predictions: [Prediction]
    ) -> SystemResult {
        SystemResult(
            name: name, kind: kind, task: task, examples: examples, predictions: predictions,
            bootstrap: Bootstrap(seed: seed))
    }

    // MARK: Files

    private var folder: String { PathName.folder(of: split) }

    private func trainingFile(isInDataset: Bool) throws -> String? {
        guard comparesBaseline else { return nil }
        guard task.kind == .classification else {
            if training == nil { return nil }
            throw EvaluationError("baseline: a task of kind \(task.kind.rawValue), expected classification")
        }
        if let training { return training }
        let beside = "\(folder)/\(Split.train.fileName)"
        return isInDataset && FileManager.default.fileExists(atPath: beside) ? beside : nil
    }

    /// The dataset version that the split is a part of: a folder with a manifest that names this very file.
    private func dataset(_ digest: ContentDigest) throws -> ContentDigest? {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(DatasetVersion.manifestName)") else { return nil }
        let version = try DatasetVersion(path: folder)
        if version.manifest.splits.values.contains(where: { $0.digest == digest }) { return version.digest }
        let name = PathName.last(of: split)
        guard Split.allCases.contains(where: { $0.fileName == name }) else { return nil }
        throw EvaluationError(
            "\(split) was changed: its digest is \(digest), expected that of the manifest beside it",
            hint: "run retort-curate again")
    }
}

extension SystemResult.Kind {
    init(_ kind: Artifact.Kind) {
        switch kind {
        case .base: self = .base
        case .adapter: self = .adapter
        case .merged: self = .merged
        }
    }
}
