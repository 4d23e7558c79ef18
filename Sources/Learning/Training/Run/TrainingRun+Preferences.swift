extension TrainingRun {
    private var referencesPath: String { snapshotDirectory + "/references.json" }

    /// Takes what is kept beside the snapshot; false where references are wanted that nobody has computed yet.
    func readReferences() throws -> Bool {
        guard training.isOfPreferences, references.training.isEmpty else { return true }
        guard let kept = try PreferenceReferences(path: referencesPath, identity) else { return false }
        references = kept
        return true
    }

    /// What the model at the run's start thinks of every pair: computed once, and kept beside the snapshot.
    func prepareReferences() throws {
        if try readReferences() { return }
        func found(_ set: TrainingSet?) throws -> [PreferencePair.Reference] {
            let sums = try startingLogProbabilities(of: Array((set?.conversations ?? []).joined()))
            return stride(from: 0, to: sums.count - 1, by: 2).map {
                PreferencePair.Reference(chosen: sums[$0], rejected: sums[$0 + 1])
            }
        }
        references = PreferenceReferences(training: try found(training), validation: try found(validation))
        try references.write(to: referencesPath, identity)
    }
}
