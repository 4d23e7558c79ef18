import ArgumentParser
import Dialects
import Serving
import StageInterface
import Storage
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
    @Option(
        help: ArgumentHelp(
            "The most that escalation may cost on a day (UTC) in this workspace, over restarts; with the two prices.",
            valueName: "usd"))
    var escalateBudgetUsd: Double?
    @Option(help: ArgumentHelp("USD per million input tokens of the frontier.", valueName: "usd"))
    var escalatePriceIn: Double?
    @Option(help: ArgumentHelp("USD per million output tokens of the frontier.", valueName: "usd"))
    var escalatePriceOut: Double?
    @Option(help: ArgumentHelp("No more escalated requests a minute than this.", valueName: "requests"))
    var escalateRpm: Double?
    @Option(
        help: ArgumentHelp("Requests that are escalated at once. (default: 16)", valueName: "requests"))
    var escalateConcurrency: Int?
    @Option(
        help: ArgumentHelp(
            "How long the frontier is left alone after five failures in a row. (default: 30)", valueName: "seconds"))
    var escalatePause: Double?
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
                ("--escalate-dialect", escalateDialect != nil), ("--escalate-budget-usd", escalateBudgetUsd != nil),
                ("--escalate-price-in", escalatePriceIn != nil), ("--escalate-price-out", escalatePriceOut != nil),
                ("--escalate-rpm", escalateRpm != nil), ("--escalate-concurrency", escalateConcurrency != nil),
                ("--escalate-pause", escalatePause != nil), ("--escalate-plain-http", escalatePlainHttp),
            ] where isGiven {
                throw ValidationError("\(flag) belongs to --escalate-endpoint")
            }
        }
        try validateLimits()
        do { _ = try RequestOverrides(parsing: escalateOption, flag: "--escalate-option") } catch {
            throw ValidationError(error.description)
        }
        if let escalateDialect, Dialect(rawValue: escalateDialect) == nil {
            throw ValidationError("--escalate-dialect: '\(escalateDialect)', expected openai or anthropic")
        }
    }

    private func validateLimits() throws {
        if let escalateBudgetUsd {
            guard escalateBudgetUsd >= 0, escalateBudgetUsd <= 1e6 else {
                throw ValidationError("--escalate-budget-usd: \(escalateBudgetUsd), expected 0 to 1000000")
            }
            guard escalatePriceIn != nil, escalatePriceOut != nil else {
                throw ValidationError(
                    "--escalate-budget-usd: without prices, expected --escalate-price-in and --escalate-price-out beside it"
                )
            }
        }
        for (name, value) in [("price-in", escalatePriceIn), ("price-out", escalatePriceOut)] {
            guard let value else { continue }
            guard value >= 0, value < 1e6 else {
                throw ValidationError("--escalate-\(name): \(value), expected 0 or more USD per million tokens")
            }
            guard escalateBudgetUsd != nil else {
                throw ValidationError("--escalate-\(name) belongs to --escalate-budget-usd")
            }
        }
        if let escalateRpm, !(escalateRpm > 0 && escalateRpm.isFinite) {
            throw ValidationError("--escalate-rpm: \(escalateRpm), expected more than 0")
        }
        if let escalateConcurrency, !(1...1024).contains(escalateConcurrency) {
            throw ValidationError("--escalate-concurrency: \(escalateConcurrency), expected 1 to 1024")
        }
        if let escalatePause, !(0.001...86_400).contains(escalatePause) {
            throw ValidationError("--escalate-pause: \(escalatePause), expected 0.001 to 86400 seconds")
        }
    }

    func makeLimits() -> EscalationLimits {
        var limits = EscalationLimits()
        limits.budget = escalateBudgetUsd.map { USD($0) }
        limits.requestsPerMinute = escalateRpm
        limits.concurrency = escalateConcurrency ?? limits.concurrency
        limits.pause = escalatePause.map { .seconds($0) } ?? limits.pause
        return limits
    }

    func makeEndpoint() throws -> TeacherEndpoint? {
        guard let escalateEndpoint, let escalateModel else { return nil }
        let key = try escalateKeyEnv.map { name in
            guard let key = try APIKey(environment: name) else {
                throw StageFailure(
                    .badInput, "\(KeyFile.words(forVariable: name)): not set, expected the frontier's API key")
            }
            return key
        }
        return try TeacherEndpoint(
            baseURL: escalateEndpoint, model: escalateModel,
            dialect: escalateDialect.flatMap(Dialect.init(rawValue:)) ?? .openai, key: key,
            prices: TokenPrices(input: escalatePriceIn ?? 0, output: escalatePriceOut ?? 0),
            overrides: try RequestOverrides(parsing: escalateOption, flag: "--escalate-option"),
            sendsKeyInClear: escalatePlainHttp)
    }
}
