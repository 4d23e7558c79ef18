import Adapters
import ArgumentParser
import Checkpoints
import StageInterface
import Storage
import Training

/// Where a finished run goes, and in what form.
struct TrainingOutput {
    let path: String
    /// A folder for PEFT's form of an adapter, too.
    let peft: String?
    /// Of the matrices of a model.
    let type: Checkpoint.WeightType?

    /// What excludes a second run with this output, whatever folder its snapshots go to.
    var lockPath: String { "\(PathName.folder(of: path))/.\(PathName.last(of: path)).lock" }

    static func type(_ word: String) throws -> Checkpoint.WeightType {
        guard let type = Checkpoint.WeightType(rawValue: word) else {
            throw ValidationError("--model-type: '\(word)', expected f32 or f16")
        }
        return type
    }

    /// - Throws: `StageFailure` for a form that the method does not make.
    func check(_ recipe: AdapterRecipe) throws {
        if recipe.method == .lora, type != nil {
            throw StageFailure(
                .badInput, "--model-type: with method: lora, expected method: full", hint: "leave --model-type out")
        }
        guard recipe.method == .full, peft != nil else { return }
        throw StageFailure(.badInput, "--peft: with method: full, expected method: lora", hint: "leave --peft out")
    }

    /// Writes what was trained and returns its digests.
    func write(_ run: TrainingRun, lineage: AdapterLineage, base: Checkpoint) throws -> [String: String] {
        if let model = try run.trainedModel() {
            try model.write(type: type ?? .f32, lineage: lineage, to: path)
            return ["model": try ContentDigest(ofFile: path).description]
        }
        var adapter = try run.result()
        adapter.describe(lineage)
        try adapter.write(to: path)
        var digests = ["adapter": try ContentDigest(ofFile: path).description]
        if let peft {
            try adapter.write(peft: peft, layout: base.peftLayout)
            digests["peft"] = try LowRankAdapter.digest(ofFileAt: peft).description
        }
        return digests
    }

    /// Where an adapter lies that is named by its path, or by its digest in the workspace's content store.
    static func path(ofAdapter name: String, _ options: StageOptions) throws -> String {
        guard let digest = ContentDigest(name) else { return name }
        let store = try options.openWorkspace().store
        guard store.contains(digest) else {
            throw StageFailure(
                .badInput, "--init-adapter: \(digest): not in \(store.path), expected an adapter of this workspace",
                hint: "give its path, or the --workspace that it is in")
        }
        return try store.verifiedPath(of: digest)
    }
}
