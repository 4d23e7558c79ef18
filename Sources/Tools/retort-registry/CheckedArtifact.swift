import Adapters
import Checkpoints
import Foundation
import GGUF
import Inference
import Registry
import StageInterface
import Storage

/// An artifact at the registry's door: read whole, checked, and found to be what it is said to be.
struct CheckedArtifact {
    /// The file that is kept; PEFT's folder has become a GGUF file.
    let path: String
    /// The digest of PEFT's folder, where it was one.
    let source: ContentDigest?
    let kind: ArtifactKind
    /// The digest of the base's tensors; of a whole model, of its own.
    let base: ContentDigest?
    /// The recipe that the artifact itself names.
    let recipe: String?
    /// What a person should know before trusting it.
    let warnings: [String]

    /// - Parameters:
    ///   - kind: what it is said to be; nil to take what is found.
    ///   - base: the path of the base model's file.
    ///   - folder: where the file that is made of PEFT's folder may lie.
    /// - Throws: what reading it throws; ``StageFailure`` for another kind or another base than said, and for logits that
    ///   are no numbers.
    init(path: String, kind: ArtifactKind?, base: String?, baseDigest: ContentDigest?, folder: String) throws {
        let found = try Artifact.kind(ofFileAt: path)
        // A model that other tools merged an adapter into does not say so.
        let isMergedElsewhere = found == .base && kind == .merged
        self.kind = isMergedElsewhere ? .merged : ArtifactKind(rawValue: found.rawValue) ?? .base
        if let kind, kind != self.kind {
            throw StageFailure(
                .badInput, "--kind: '\(kind.rawValue)', expected '\(self.kind.rawValue)', which \(path) is",
                hint: "leave --kind away: it is found by reading the file")
        }
        let checkpoint = try base.map { try Checkpoint(path: $0) }
        guard found == .adapter else {
            (self.path, source) = (path, nil)
            let model = try Checkpoint(path: path)
            if let parts = try model.file.metadata.optionalInteger("split.count"), parts > 1 {
                throw StageFailure(
                    .badInput, "\(path): a model in \(parts) files, expected one file",
                    hint: "retort-quantize writes a model of several files as one")
            }
            _ = try CheckedArtifact.logits(of: try InferenceEngine(checkpoint: model), path)
            self.base = try model.digest()
            try CheckedArtifact.check(self.base, isThat: baseDigest, path)
            if self.kind == .base, let checkpoint, try checkpoint.digest() != self.base {
                throw StageFailure(.refused, "--base: \(checkpoint.path) is another model than the base \(path)")
            }
            recipe = model.file.metadata["retort.recipe"]?.string
            warnings = []
            return
        }
        guard checkpoint != nil || !LowRankAdapter.isPEFT(path) else {
            throw StageFailure(
                .badInput, "\(path): a folder in PEFT's form, expected --base with it",
                hint: "the order of its rows depends on the base: add --base BASE.gguf")
        }
        var adapter = try checkpoint?.adapter(at: path) ?? LowRankAdapter(path: path)
        let bound = try adapter.baseDigest ?? checkpoint?.digest() ?? baseDigest
        try CheckedArtifact.check(bound, isThat: baseDigest, path)
        warnings = checkpoint?.doubts(about: adapter, name: path) ?? []
        recipe = adapter.metadata["retort.recipe"]?.string
        self.base = bound
        if let checkpoint {
            let engine = try InferenceEngine(checkpoint: checkpoint)
            let changed = try CheckedArtifact.logits(of: engine, path, try engine.load(adapter, name: path))
            guard try changed != CheckedArtifact.logits(of: engine, checkpoint.path) else {
                throw StageFailure(
                    .refused, "\(path): it changes no logit of \(checkpoint.path), expected an adapter that was trained"
                )
            }
        }
        if LowRankAdapter.isPEFT(path) {
            source = try LowRankAdapter.digest(ofFileAt: path)
            adapter.baseDigest = bound
            self.path = "\(folder)/adapter.gguf"
            try adapter.write(to: self.path)
        } else {
            (self.path, source) = (path, nil)
        }
    }

    /// Finite weights can still overflow on their way to logits.
    private static func logits(
        of engine: InferenceEngine, _ name: String, _ adapter: LoadedAdapter? = nil
    ) throws -> [Float] {
        do {
            return try engine.probe(adapter: adapter)
        } catch let error as InferenceError {
            throw StageFailure(.badInput, "\(name): \(error.description)", hint: error.hint)
        }
    }

    private static func check(_ found: ContentDigest?, isThat given: ContentDigest?, _ path: String) throws {
        guard let given, let found, given != found else { return }
        throw StageFailure(.refused, "--base-digest: \(given), expected \(found), the base of \(path)")
    }
}
