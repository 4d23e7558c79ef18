import Adapters
import Checkpoints
import Tokenizers

extension InferenceEngine {
    /// Runs a few tokens and checks that they give numbers: finite weights can still overflow on their way to logits.
    ///
    /// - Parameters:
    ///   - adapter: runs beside the base.
    ///   - name: what messages call the adapter or the model, its path for one.
    ///   - mustChange: whether an adapter that changes nothing is refused, too.
    /// - Throws: ``InferenceError``.
    public func checkLogits(of adapter: LoadedAdapter? = nil, name: String, mustChange: Bool = false) throws {
        let count = min(16, architecture.contextLength, architecture.vocabularySize)
        let tokens = (0..<count).map { TokenID($0 * architecture.vocabularySize / count) }
        let logits = try logits(tokens, adapter: adapter)
        if let index = logits.firstIndex(where: { !$0.isFinite }) {
            throw InferenceError(
                "\(name): the logits after token \(index / architecture.vocabularySize + 1) of \(count) are not all "
                    + "numbers (\(logits[index])), expected finite ones",
                hint: "the weights are too large: the training went astray")
        }
        if mustChange, adapter != nil, try self.logits(tokens) == logits {
            throw InferenceError("\(name): it changes no logit of the base, expected an adapter that was trained")
        }
    }
}
