/// Why a model stopped, in the words of the vendors at large: only a finished answer is one.
public enum FinishReason: String, Sendable, Hashable, CaseIterable {
    /// The model came to its end, or to a sequence that the caller named.
    case finished
    /// It asks for a tool, and waits for what that gives.
    case toolCalls = "tool_calls"
    /// The limit of tokens, or of the context, was reached.
    case truncated
    /// A filter kept the rest back.
    case filtered
    /// The model would not.
    case refused
    /// It is to be asked to go on.
    case paused
    /// Something broke, or somebody stopped it.
    case failed
    /// A word that is none of the known ones.
    case unknown

    /// Reads what a response says, in any case: `stop`, `end_turn`, `MAX_TOKENS`, `content_filter`, ….
    public init(_ word: String) {
        var key = word.lowercased()
        for prefix in ["finish_reason_", "finishreason."] where key.hasPrefix(prefix) {
            key = String(key.dropFirst(prefix.count))
        }
        key.removeAll { $0 == "_" || $0 == "-" || $0 == " " }
        self = FinishReason.words[key] ?? .unknown
    }

    /// Whether the answer is whole. A call of a tool is a whole answer, too, if no text.
    public var isFinished: Bool { self == .finished || self == .toolCalls }

    private static let words: [String: FinishReason] = [
        "stop": .finished, "endturn": .finished, "stopsequence": .finished, "eos": .finished, "eostoken": .finished,
        "complete": .finished, "completed": .finished, "finish": .finished, "finished": .finished, "done": .finished,
        "end": .finished, "normal": .finished, "success": .finished, "eot": .finished,
        "toolcalls": .toolCalls, "toolcall": .toolCalls, "tooluse": .toolCalls, "functioncall": .toolCalls,
        "functioncalls": .toolCalls,
        "length": .truncated, "maxtokens": .truncated, "maxtoken": .truncated, "maxoutputtokens": .truncated,
        "maxcompletiontokens": .truncated, "maxnewtokens": .truncated, "modellength": .truncated,
        "maxlength": .truncated, "contextlength": .truncated, "contextlengthexceeded": .truncated,
        "modelcontextwindowexceeded": .truncated, "incomplete": .truncated, "limit": .truncated,
        "contentfilter": .filtered, "contentfiltered": .filtered, "safety": .filtered, "recitation": .filtered,
        "blocklist": .filtered, "prohibitedcontent": .filtered, "spii": .filtered, "guardrailintervened": .filtered,
        "sensitive": .filtered, "imagesafety": .filtered, "language": .filtered,
        "refusal": .refused, "refused": .refused,
        "pauseturn": .paused, "pause": .paused,
        "error": .failed, "errortoxic": .failed, "errorlimit": .failed, "other": .failed, "failed": .failed,
        "cancelled": .failed, "canceled": .failed, "abort": .failed, "aborted": .failed, "timeout": .failed,
        "malformedfunctioncall": .failed, "unexpectedtoolcall": .failed, "insufficientsystemresource": .failed,
        "networkerror": .failed, "usercancelled": .failed, "interrupted": .failed,
    ]
}
