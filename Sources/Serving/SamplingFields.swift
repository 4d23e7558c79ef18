import Conversations
import Inference

/// How a request wants text to be generated.
struct SamplingFields: Sendable {
    /// Nil leaves the answer as much room as the context has.
    var maximumTokens: Int?
    /// Everything but the most tokens; the temperature is nil where the request has none.
    private var options: GenerationOptions
    private var temperature: Double?

    init(_ fields: RequestFields) throws {
        maximumTokens =
            try fields.integer("max_completion_tokens", in: 1...Int(Int32.max))
            ?? fields.integer("max_tokens", in: 1...Int(Int32.max))
        temperature = fields["temperature"] == nil ? nil : try fields.number("temperature", default: 1, in: 0...2)
        options = GenerationOptions(
            topP: try fields.number("top_p", default: 1, in: 0...1),
            topK: try fields.integer("top_k", in: 0...Int(Int32.max)) ?? 0,
            minP: try fields.number("min_p", default: 0, in: 0...1),
            repetitionPenalty: try fields.number("repetition_penalty", default: 1, in: 0.001...1000),
            presencePenalty: try fields.number("presence_penalty", default: 0, in: -2...2),
            frequencyPenalty: try fields.number("frequency_penalty", default: 0, in: -2...2),
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

    private static func stop(_ fields: RequestFields) throws -> [String] {
        guard let value = fields["stop"] else { return [] }
        let texts = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count <= 4, texts.count == value.arrayValue?.count ?? 1, !texts.contains("") else {
            throw APIError.invalid("stop: expected a text or up to 4 texts, none empty", parameter: "stop")
        }
        return texts
    }

    private static func bias(_ fields: RequestFields) throws -> [Int32: Double] {
        guard let value = fields["logit_bias"] else { return [:] }
        guard let object = value.objectValue else { throw fields.wrong("logit_bias", value, "an object") }
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
