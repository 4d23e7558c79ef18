import Storage

/// What makes the figures of a split mean less than they seem to, in words for the report.
struct SplitDoubts {
    let warnings: [String]

    /// - Parameters:
    ///   - examples: the split's, in its order.
    ///   - training: the rows that the baseline learns, where it is trained.
    ///   - digest: of the split's file.
    ///   - learned: of the file that the adapter was trained on, where it says.
    init(
        _ examples: [EvaluationExample], training: [EvaluationExample]?, digest: ContentDigest, learned: ContentDigest?
    ) {
        var warnings: [String] = []
        func warn(_ count: Int, _ what: String) {
            if count > 0 { warnings.append("split: \(count) of \(examples.count) rows \(what)") }
        }
        var seen: Set<[UInt8]> = []
        warn(examples.count { !seen.insert(Array($0.input.utf8)).inserted }, "repeat the input of an earlier one")
        let known = Set((training ?? []).map { Array($0.input.utf8) })
        warn(
            examples.count { known.contains(Array($0.input.utf8)) },
            "are training rows too: their figures tell nothing about other inputs")
        if digest == learned {
            warnings.append("split: the very rows that the adapter was trained on, expected rows that were held out")
        }
        self.warnings = warnings
    }
}
