import Architectures
import Checkpoints
import Tensors
import Tokenizers

extension InferenceEngine {
    /// Runs a few tokens and gives the logits after each, `[tokens, vocabulary]`: what a version is asked once before it
    /// is asked anything else.
    ///
    /// - Throws: ``InferenceError`` of kind `notANumber` unless all of them are finite.
    public func probe(adapter: LoadedAdapter? = nil) throws -> [Float] {
        let logits = try logits(probeTokens, adapter: adapter)
        guard InferenceEngine.areFinite(logits) else { throw InferenceError.notANumber }
        return logits
    }

    private var probeTokens: [TokenID] {
        get throws {
            let text = "The quick brown fox asks where its order is, and waits."
            var tokens: [TokenID]
            do {
                tokens = try checkpoint.tokenizer.encode(text, addSpecial: true, parseSpecial: true)
            } catch is TokenizerError {
                // A vocabulary that lacks these letters: tokens from all over it.
                let step = max(1, architecture.vocabularySize / 16)
                tokens = stride(from: 0, to: architecture.vocabularySize, by: step).map { TokenID($0) }
            }
            return Array(tokens.prefix(architecture.contextLength))
        }
    }

    /// The logarithm of the sum of the exponentials of one place's logits.
    ///
    /// - Throws: ``InferenceError`` of kind `notANumber` unless every one of them is finite. The sum alone would not tell: a
    ///   fast exponential function gives some number for any.
    static func normalizer(_ logits: some Collection<Float>) throws -> Double {
        let sum = logits.withContiguousStorageIfAvailable { logits -> Float? in
            guard let base = logits.baseAddress, areFinite(logits) else { return nil }
            return VectorOperations.logSumExp(base, count: logits.count)
        }
        guard let sum = sum ?? nil, sum.isFinite else { throw InferenceError.notANumber }
        return Double(sum)
    }

    private static func areFinite(_ numbers: some Collection<Float>) -> Bool {
        // An exponent of all ones, which only infinities and what is no number have, carries into the sign's place.
        // Whole numbers are summed since the compiler may take many of them at a time.
        let bits = numbers.withContiguousStorageIfAvailable { numbers in
            numbers.reduce(into: UInt32(0)) { $0 |= ($1.bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
        }
        return bits.map { $0 & 0x8000_0000 == 0 } ?? numbers.allSatisfy(\.isFinite)
    }
}
