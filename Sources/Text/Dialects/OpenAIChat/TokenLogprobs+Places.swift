import Foundation
public import JSON

extension TokenLogprobs {
    /// What OpenAI and vLLM say for "very unlikely", where the logarithm would be -∞ or is not known.
    private static let unlikely = -9999.0
    /// How far rounding may take a probability, or a sum of them, above 1.
    private static let tolerance = 1e-3

    /// Reads and checks every token of `{"content": […]}`. Some services repeat an alternative; it counts once.
    ///
    /// - Throws: ``LogprobsError`` that names the place, from 1.
    public static func places(of json: JSONValue) throws(LogprobsError) -> [Place] {
        guard let entries = json["content"]?.arrayValue else {
            throw LogprobsError(.malformed, "neither 'content' nor 'ids', expected one of the two forms")
        }
        var places: [Place] = []
        places.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let said = try token(entry, index)
            var alternatives: [Token] = []
            switch entry["top_logprobs"] {
            case nil, .null?: break
            case .array(let list)?:
                for element in list {
                    let alternative = try token(element, index)
                    if !alternatives.contains(alternative) { alternatives.append(alternative) }
                }
            case let other?: throw malformed(index, "top_logprobs is \(other.kindName), expected an array")
            }
            let place = Place(said: said, alternatives: alternatives)
            let sum = place.known.reduce(0) { $0 + exp($1.logprob) }
            guard sum <= 1 + tolerance else {
                throw malformed(
                    index,
                    "probabilities that add up to \(sum), expected natural logarithms of numbers that add up to 1 at most"
                )
            }
            places.append(place)
        }
        return places
    }

    private static func token(_ json: JSONValue, _ index: Int) throws(LogprobsError) -> Token {
        guard let logprob = json["logprob"]?.doubleValue, !logprob.isNaN else {
            throw malformed(index, "a token without a logprob, expected a number")
        }
        guard logprob <= tolerance else {
            throw malformed(index, "a logprob of \(logprob), expected a natural logarithm of a probability, 0 at most")
        }
        let likelihood = logprob <= unlikely ? -.infinity : min(0, logprob)
        let name = json["token"]?.stringValue
        if let name, name.hasPrefix("token_id:"), let id = Int(name.dropFirst(9)) {
            return Token(bytes: [], id: id, logprob: likelihood)
        }
        let id = json["token_id"]?.integerValue
        var bytes: [UInt8]?
        if let numbers = json["bytes"]?.arrayValue {
            let exact = numbers.compactMap { $0.integerValue.flatMap { UInt8(exactly: $0) } }
            if exact.count == numbers.count { bytes = exact }
        }
        guard let spelled = bytes ?? name.map({ Array($0.utf8) }) ?? (id == nil ? nil : []) else {
            throw malformed(index, "neither 'token' nor 'bytes', expected one")
        }
        return Token(bytes: spelled, id: id, logprob: likelihood)
    }

    private static func malformed(_ index: Int, _ what: String) -> LogprobsError {
        LogprobsError(.malformed, "place \(index + 1): \(what)")
    }
}
