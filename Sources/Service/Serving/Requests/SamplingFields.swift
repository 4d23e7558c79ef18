import Answering
import Inference
import JSON
import PlainText
import Tasks

/// How a request wants text to be generated.
struct SamplingFields: Sendable {
    /// Nil leaves the answer as much room as the context has.
    var maximumTokens: Int?
    /// Everything but the most tokens; the temperature is nil where the request has none.
    private var options: GenerationOptions
    private var temperature: Double?

    init(_ fields: RequestFields) throws {
        let limit = try fields.integer("max_tokens", in: 1...Int(Int32.max))
        let newer = try fields.integer("max_completion_tokens", in: 1...Int(Int32.max))
        guard limit == nil || newer == nil || limit == newer else {
            throw APIError.invalid(
                "max_tokens: another value than max_completion_tokens, expected one of the two",
                parameter: "max_tokens")
        }
        maximumTokens = newer ?? limit
        temperature = try fields.number("temperature", in: 0...2)
        // -1 is what vLLM calls all.
        let topK = try fields.integer("top_k", in: -1...Int(Int32.max)) ?? 0
        options = GenerationOptions(
            topP: try fields.number("top_p", in: 0...1) ?? 1, topK: max(0, topK),
            minP: try fields.number("min_p", in: 0...1) ?? 0,
            repetitionPenalty: try fields.number("repetition_penalty", in: 0.001...1000) ?? 1,
            presencePenalty: try fields.number("presence_penalty", in: -2...2) ?? 0,
            frequencyPenalty: try fields.number("frequency_penalty", in: -2...2) ?? 0,
            bias: try SamplingFields.bias(fields),
            seed: try fields.integer("seed", in: Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
                ?? UInt64.random(in: 0...UInt64.max),
            stop: try SamplingFields.stop(fields))
    }

    /// The options for a prompt that leaves `room` tokens.
    ///
    /// - Parameter defaultTemperature: for a request that names none.
    func options(room: Int, defaultTemperature: Double) -> GenerationOptions {
        var options = options
        options.maximumTokens = maximumTokens ?? room
        options.temperature = temperature ?? defaultTemperature
        return options
    }

    /// Whether these fields, and not the model, are why an answer is none that its task allows.
    func ends(_ answer: TaskAnswer) -> Bool {
        guard case .invalid(let error) = answer.verdict else { return false }
        if answer.isCut, let maximumTokens, answer.tokenCount >= maximumTokens { return true }
        return error == .empty && !options.stop.isEmpty
    }

    /// Cuts a text that others made where these fields would have ended it.
    func cut(_ text: inout String) {
        let ends = options.stop.compactMap { text.utf8.place(of: $0.utf8)?.lowerBound }
        if let end = ends.min() { text = String(text[..<end]) }
    }

    /// Refuses what would cut an answer that must keep a schema.
    func checkSchema() throws {
        guard options.stop.isEmpty else {
            throw APIError.unsupported("stop", "would cut the JSON that this model's task asks for")
        }
    }

    /// Refuses tokens that a model does not have.
    func check(vocabularySize: Int) throws {
        for token in options.bias.keys.sorted() where !(0..<vocabularySize).contains(Int(token)) {
            throw APIError.invalid(
                "logit_bias: no token \(token), expected ids from 0 to \(vocabularySize - 1)", parameter: "logit_bias")
        }
    }

    /// Refuses what would change which of a task's labels is answered, or would cut it. What chooses among samples
    /// (`temperature`, `top_p`, `seed`, …) has nothing to choose: the likeliest label is the answer.
    ///
    /// - Parameter longest: the tokens of the longest label.
    func check(labels: [String], longest: Int) throws {
        func refuse(_ field: String, _ reason: String) -> APIError {
            .unsupported(field, "\(reason); this model answers with one of a task's labels")
        }
        if let maximumTokens, maximumTokens < longest {
            throw refuse("max_tokens", "\(maximumTokens), expected at least \(longest), which the longest label has")
        }
        for (field, isUsed) in [
            ("logit_bias", options.bias.contains { $0.value != 0 }),
            ("repetition_penalty", options.repetitionPenalty != 1),
            ("presence_penalty", options.presencePenalty != 0), ("frequency_penalty", options.frequencyPenalty != 0),
        ] where isUsed {
            throw refuse(field, "would change the model's probabilities")
        }
        for stop in options.stop {
            if let label = labels.first(where: { $0.contains(stop) }) {
                throw refuse("stop", "'\(stop.prefix(40))' would cut '\(label)'")
            }
        }
    }

    private static func stop(_ fields: RequestFields) throws -> [String] {
        guard let value = fields["stop"] else { return [] }
        let texts = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count <= 4, texts.count == value.arrayValue?.count ?? 1, !texts.contains("") else {
            throw APIError.invalid("stop: expected a text or up to 4 texts, none empty", parameter: "stop")
        }
        if let long = texts.first(where: { $0.utf8.count > 1024 }) {
            throw APIError.invalid("stop: a text of \(long.utf8.count) bytes, expected at most 1024", parameter: "stop")
        }
        return texts
    }

    private static func bias(_ fields: RequestFields) throws -> [Int32: Double] {
        guard let value = fields["logit_bias"] else { return [:] }
        guard let object = value.objectValue else { throw RequestFields.wrong("logit_bias", value, "an object") }
        guard object.count <= 1024 else {
            throw APIError.invalid(
                "logit_bias: \(object.count) tokens, expected at most 1024", parameter: "logit_bias")
        }
        var bias: [Int32: Double] = [:]
        for member in object.members {
            guard let token = Int32(member.key), let amount = member.value.doubleValue, abs(amount) <= 100 else {
                throw APIError.invalid(
                    "logit_bias: expected token ids, each with a number from -100 to 100", parameter: "logit_bias")
            }
            bias[token] = amount
        }
        return bias
    }
}
