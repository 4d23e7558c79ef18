extension TrainingRun {
    /// What the model at the run's start thinks of every pair: computed once, and kept beside the snapshot.
    func prepareReferences() throws {
        guard training.isOfPreferences, references.training.isEmpty else { return }
        let path = snapshotDirectory + "/references.json"
        if let kept = try PreferenceReferences(path: path, identity) {
            references = kept
            return
        }
        let start = try TrainingRun.startingAdapter(recipe, checkpoint)
        func found(_ set: TrainingSet?) -> [PreferencePair.Reference] {
            let sums = gradientStep.logProbabilities(of: Array((set?.conversations ?? []).joined()), adapter: start)
            return stride(from: 0, to: sums.count - 1, by: 2).map {
                PreferencePair.Reference(chosen: sums[$0], rejected: sums[$0 + 1])
            }
        }
        references = PreferenceReferences(training: found(training), validation: found(validation))
        try references.write(to: path, identity)
    }
}
