import Answering
import Dialects
import Inference
import JSON
import Tokenizers

extension CompletionBody {
    /// What is said of an answer's tokens; null where the request asks for nothing of them.
    func logprobs(_ tokens: [GeneratedToken]?) -> JSONValue {
        guard let tokens else { return .null }
        let entries = tokens.compactMap(\.likelihood).map { likelihood in
            OpenAIChat.entry(of: shown(likelihood.said), alternatives: likelihood.likeliest.map(shown))
        }
        return OpenAIChat.logprobs(entries)
    }

    private func shown(_ candidate: TokenLikelihood.Candidate) -> (bytes: [UInt8], logprob: Double) {
        (Array(version.encoder.tokenizer.piece(candidate.id)), candidate.logprob)
    }
}
