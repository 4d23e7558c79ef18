import Conversations
import Foundation
import PlainText
public import Tokenizers

extension ChatTemplate {
    /// The built-in templates that a vocabulary has the marks for: what they write around messages is special tokens there,
    /// and a token ends an answer.
    public static func names(fitting tokenizer: Tokenizer) -> [String] {
        names.filter { name in
            guard marks[name, default: []].allSatisfy({ tokenizer.id(ofPiece: $0) != nil }) else { return false }
            let messages = [Message(.user, "-")]
            // What a template or a vocabulary cannot do is why the template does not fit.
            let answer = try? ChatEncoder(
                tokenizer: tokenizer, template: ChatTemplate(named: name),
                now: LocalTime(Date(timeIntervalSince1970: 0))
            ).answer("-", after: messages)
            return answer != nil
        }
    }

    /// The special tokens of each format; those without any write their marks as text.
    private static let marks: [String: [String]] = [
        "chatml": ["<|im_start|>", "<|im_end|>"],
        "llama3": ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "gemma": ["<start_of_turn>", "<end_of_turn>"],
        "phi3": ["<|user|>", "<|assistant|>", "<|end|>"],
        "phi4": ["<|im_start|>", "<|im_sep|>", "<|im_end|>"],
    ]
}
