import Conversations
import Dialects
package import JSON

extension TeacherEndpoint {
    /// A request as it goes over the wire, with the most that it can be billed for unless the server goes beyond it.
    struct Draft: Sendable {
        var body: JSONObject
        var worst: TokenUsage

        var json: JSONValue { .object(body) }
    }

    /// What is known of the model before it is asked.
    var knownForm: RequestForm { RequestForm(model: model, dialect: dialect, host: host, overrides: overrides) }

    /// The body of a request in this endpoint's dialect, as it is sent when nothing was learned yet.
    package func body(of request: TeacherRequest) -> JSONValue { draft(of: request, knownForm).json }

    func draft(of request: TeacherRequest, _ form: RequestForm) -> Draft {
        let limit = TokenUsage.sum(request.maximumTokens, form.thinkingRoom)
        var body = JSONObject([(key: "model", value: .string(model))])
        let question = Question(
            messages: request.messages, limit: limit, limitName: form.limitName, topLogprobs: request.topLogprobs)
        for member in dialect.asking(question).members { body[member.key] = member.value }
        if let temperature = request.temperature, form.takesTemperature { body["temperature"] = .number(temperature) }
        for member in request.extra.members { body[member.key] = member.value }
        if RequestForm.limitNames.contains(where: overrides.sets) {
            for name in RequestForm.limitNames { body[name] = nil }
        }
        for member in overrides.members.members { body[member.key] = member.value.unlessNull }
        let stated = RequestForm.limitNames.compactMap { body[$0]?.integerValue }.max() ?? limit
        var input = request.mostInputTokens
        if !overrides.members.isEmpty { input += JSONValue.object(overrides.members).serializedBytes().count }
        return Draft(body: body, worst: TokenUsage(input: input, output: stated))
    }
}

extension RequestForm {
    /// Every name that a limit of the answer goes by.
    static let limitNames = OpenAIChat.LimitName.allCases.map(\.rawValue)
}
