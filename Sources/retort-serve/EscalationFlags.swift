import ArgumentParser
import StageInterface
import Teachers

/// Where answers go that the student is not sure enough of.
struct EscalationFlags: ParsableArguments {
    @Option(help: "The URL of the frontier endpoint; without it nothing escalates.") var escalateEndpoint: String?
    @Option(help: "The frontier model.") var escalateModel: String?
    @Option(help: "The environment variable that holds the frontier's key.") var escalateKeyEnv: String?
    @Option(help: "The endpoint's dialect: openai or anthropic. (default: openai)") var escalateDialect: String?
    @Option(
        help: ArgumentHelp(
            """
            A member of the frontier's request body, in its dialect's words; may be given several times. The value is JSON, \
            null leaves the member out: reasoning_effort=low, temperature=null.
            """, valueName: "key=value"))
    var escalateOption: [String] = []
    @Flag(help: "Send the frontier's key over plain http to another machine, too: all between can read it.")
    var escalatePlainHttp = false
    @Option(help: "The confidence below which answers escalate, 0 to 1; by default each task's own.")
    var threshold: Double?

    func validate() throws {
        if let threshold, !(0...1).contains(threshold) {
            throw ValidationError("--threshold: \(threshold), expected 0 to 1")
        }
        if (escalateEndpoint == nil) != (escalateModel == nil) {
            throw ValidationError("--escalate-endpoint and --escalate-model belong together")
        }
        if escalateEndpoint == nil {
            for (flag, isGiven) in [
                ("--escalate-option", !escalateOption.isEmpty), ("--escalate-key-env", escalateKeyEnv != nil),
                ("--escalate-dialect", escalateDialect != nil), ("--escalate-plain-http", escalatePlainHttp),
            ] where isGiven {
                throw ValidationError("\(flag) belongs to --escalate-endpoint")
            }
        }
        do { _ = try RequestOverrides(parsing: escalateOption, flag: "--escalate-option") } catch {
            throw ValidationError(error.description)
        }
        if let escalateDialect, TeacherEndpoint.Dialect(rawValue: escalateDialect) == nil {
            throw ValidationError("--escalate-dialect: '\(escalateDialect)', expected openai or anthropic")
        }
    }

    func makeEndpoint() throws -> TeacherEndpoint? {
        guard let escalateEndpoint, let escalateModel else { return nil }
        let key = try escalateKeyEnv.map { name in
            guard let key = try APIKey(environment: name) else {
                throw StageFailure(.badInput, "environment variable \(name): not set, expected the frontier's API key")
            }
            return key
        }
        return try TeacherEndpoint(
            baseURL: escalateEndpoint, model: escalateModel,
            dialect: escalateDialect.flatMap(TeacherEndpoint.Dialect.init(rawValue:)) ?? .openai, key: key,
            overrides: try RequestOverrides(parsing: escalateOption, flag: "--escalate-option"),
            sendsKeyInClear: escalatePlainHttp)
    }
}
