import Answering
import Inference
import JSON
import Tokenizers

extension CompletionBody {
    /// What OpenAI says where a logarithm would be -∞, or nearly so.
    private static let unlikely = -9999.0

    /// `{"content": [{"token", "logprob", "bytes", "top_logprobs"}], "refusal": null}`; null where none were asked for.
    func logprobs(_ tokens: [GeneratedToken]?) -> JSONValue {
        guard let tokens else { return .null }
        let content = tokens.compactMap(\.likelihood).map { likelihood -> JSONValue in
            var entry = candidate(likelihood.said)
            entry["top_logprobs"] = .array(likelihood.likeliest.map { .object(candidate($0)) })
            return .object(entry)
        }
        return ["content": .array(content), "refusal": nil]
    }

    private func candidate(_ candidate: TokenLikelihood.Candidate) -> JSONObject {
        let bytes = version.encoder.tokenizer.piece(candidate.id)
        // Six digits are what single precision holds.
        let logprob = max(CompletionBody.unlikely, (candidate.logprob * 1e6).rounded() / 1e6)
        return JSONObject([
            (key: "token", value: .string(String(decoding: bytes, as: UTF8.self))),
            (key: "logprob", value: .number(logprob)),
            (key: "bytes", value: .array(bytes.map { .integer(Int($0)) })),
        ])
    }
}
