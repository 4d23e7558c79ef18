public import Adapters
import PlainText

extension AdapterRecipe {
    /// The updates of a base's matrices, by the first pattern of each kind that matches, as PEFT takes them.
    ///
    /// - Parameter matrices: names without `.weight` (`blk.0.attn_q`), columns and rows of every matrix that may change.
    /// - Throws: ``TrainingError`` for patterns that match nothing.
    public func updates(of matrices: [(name: String, inputs: Int, outputs: Int)]) throws -> [UpdateShape] {
        let names = matrices.map(\.name)
        for target in targets ?? [] where !names.contains(where: target.matches) {
            throw AdapterRecipe.noMatch("targets", target, names, "a matrix of the base")
        }
        let chosen = matrices.filter { matrix in targets?.contains { $0.matches(matrix.name) } ?? true }
        for (key, list) in [("rank_pattern", rankPattern), ("alpha_pattern", alphaPattern)] {
            for entry in list where !chosen.contains(where: { entry.pattern.matches($0.name) }) {
                throw AdapterRecipe.noMatch(key, entry.pattern, chosen.map(\.name), "a matrix of the targets")
            }
        }
        return chosen.map { matrix in
            let rank = rankPattern.first { $0.pattern.matches(matrix.name) }.map { Int($0.value) } ?? rank
            let alpha = alphaPattern.first { $0.pattern.matches(matrix.name) }.map { Float($0.value) } ?? alpha
            return UpdateShape(
                tensor: matrix.name + ".weight", inputs: matrix.inputs, outputs: matrix.outputs, rank: rank,
                scale: isRankStabilized
                    ? alpha / Float(rank).squareRoot() : LowRankAdapter.scale(alpha: alpha, rank: rank))
        }
    }

    private static func noMatch(
        _ key: String, _ pattern: MatrixPattern, _ names: [String], _ expected: String
    ) -> TrainingError {
        let roles = Set(names.map { String($0.split(separator: ".").last ?? "") }).sorted()
        let layers = Set(names.compactMap { $0.split(separator: ".").dropFirst().first.flatMap { Int($0) } })
        let guess = Spelling.nearest(to: pattern.description, among: names + roles)
        var text = "recipe: \(key): '\(pattern)' matches nothing"
        if let guess { text += " (did you mean '\(guess)'?)" }
        text += ", expected \(expected): \(roles.joined(separator: ", "))"
        if let first = layers.min(), let last = layers.max() { text += ", in blk.\(first) to blk.\(last)" }
        return TrainingError(text)
    }
}
