import Conversations
import Dialects
import JSON
import Storage

extension TeacherEndpoint {
    /// Reads the JSON of a successful response.
    ///
    /// - Throws: ``TeacherError/Kind/malformed``.
    func json(of bytes: [UInt8]) throws(TeacherError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw malformed("not JSON: \(error.reason) at byte \(error.offset) of \(bytes.count)")
        }
    }

    /// Reads a successful response.
    ///
    /// - Parameters:
    ///   - worst: what is charged when the response's own figures cannot be taken; its output is the request's limit.
    ///   - billed: what it was booked with when it came, for one that is kept.
    /// - Throws: ``TeacherError/Kind/malformed`` when it is not what the dialect says.
    func response(
        _ json: JSONValue, bytes: [UInt8], worst: TokenUsage, billed: TokenUsage? = nil
    ) throws(TeacherError) -> TeacherResponse {
        let said: SpokenAnswer
        do throws(MalformedResponse) { said = try dialect.answer(in: json) } catch { throw malformed(error.reason) }
        var usage = worst
        var doubt: String?
        switch ReportedUsage(json, dialect: dialect, hasAnswer: !said.text.isEmpty || !said.calls.isEmpty) {
        case .stated(let stated): usage = stated
        case .refused(let reason): doubt = reason
        }
        if let billed { (usage, doubt) = (billed, nil) }
        return TeacherResponse(
            text: said.text, toolCalls: said.calls, model: json["model"]?.stringValue ?? model,
            finishReason: said.finish, end: said.end, isRefusal: said.isRefusal, hasOtherParts: said.hasOtherParts,
            hasThoughts: said.hasThoughts, usage: usage, usageDoubt: doubt, limit: worst.output,
            cost: prices.cost(of: usage), digest: ContentDigest(of: bytes), logprobs: said.logprobs, body: bytes,
            isCached: false, retries: 0)
    }

    private func malformed(_ what: String) -> TeacherError {
        TeacherError(
            .malformed, "response of \(origin): \(what), expected a response of the dialect \(dialect.rawValue)")
    }
}
