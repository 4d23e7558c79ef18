import ArgumentParser
import Dialects
import JSON
import StageInterface
import Storage
import Teachers

/// The flags that say which teacher to ask, and how hard.
struct TeacherFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where the API is: https://api.openai.com/v1, http://127.0.0.1:8080, …", valueName: "url"))
    var endpoint: String

    @Option(help: "The model that answers.")
    var model: String

    @Option(
        help: "openai (and everybody compatible) or anthropic. (default: openai)",
        transform: { text in
            guard let dialect = Dialect(rawValue: text) else {
                throw ValidationError("'\(text)', expected openai or anthropic")
            }
            return dialect
        })
    var dialect = Dialect.openai

    @Option(help: ArgumentHelp("The environment variable with the API key.", valueName: "variable"))
    var keyEnv: String?

    @Option(help: ArgumentHelp("A file with the API key.", valueName: "file"))
    var keyFile: String?

    @Flag(help: "Send the key over plain http to another machine, too: all between can read it.")
    var plainHttp = false

    @Option(help: "USD per million input tokens.")
    var priceIn: Double?

    @Option(help: "USD per million output tokens.")
    var priceOut: Double?

    @Option(help: "No more requests a minute than this.")
    var requestsPerMinute: Double?

    @Option(help: "No more tokens a minute than this.")
    var tokensPerMinute: Double?

    @Option(help: "How long a request may take, in seconds.")
    var timeout = 120.0

    @Option(help: "How often a failed request is sent again.")
    var maxRetries = 5

    @Option(
        help: """
            The most tokens of an answer, room for thoughts apart; 64 for a label, 1024 for free text or JSON by default.
            """)
    var maxTokens: Int?

    @Option(
        help: "The sampling temperature, or 'default' for the server's own; by default 0 where the model takes one.")
    var temperature: String?

    @Option(
        help: ArgumentHelp(
            """
            A member of the request body, in the dialect's words; may be given several times. The value is JSON, null \
            leaves the member out: reasoning_effort=low, max_tokens=null, thinking={"type":"disabled"}.
            """, valueName: "key=value"))
    var teacherOption: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep the log-probabilities of the answer's tokens, each with so many alternatives, 0 to 20: for distillation.",
            valueName: "alternatives"))
    var logprobs: Int?

    func validate() throws {
        if keyEnv != nil, keyFile != nil { throw ValidationError("--key-env and --key-file exclude each other") }
        for (name, value) in [("requests-per-minute", requestsPerMinute), ("tokens-per-minute", tokensPerMinute)] {
            if let value, !(value > 0 && value.isFinite) {
                throw ValidationError("--\(name): \(value), expected more than 0")
            }
        }
        for (name, value) in [("price-in", priceIn), ("price-out", priceOut)] {
            if let value, !(value >= 0 && value < 1e6) {
                throw ValidationError("--\(name): \(value), expected 0 or more USD per million tokens")
            }
        }
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout: \(timeout), expected more than 0 seconds, a day at most")
        }
        guard (0...100).contains(maxRetries) else {
            throw ValidationError("--max-retries: \(maxRetries), expected 0 to 100")
        }
        guard (1...1_000_000).contains(maxTokens ?? 1) else {
            throw ValidationError("--max-tokens: \(maxTokens ?? 0), expected 1 to 1000000")
        }
        if let temperature, temperature != "default", Double(temperature).map({ (0...2).contains($0) }) != true {
            throw ValidationError("--temperature: '\(temperature)', expected 0 to 2, or default")
        }
        do { _ = try overrides() } catch { throw ValidationError(error.description) }
        if let logprobs {
            guard (0...20).contains(logprobs) else {
                throw ValidationError("--logprobs: \(logprobs), expected 0 to 20")
            }
            guard dialect == .openai else {
                throw ValidationError("--logprobs: not with --dialect \(dialect.rawValue), which has none")
            }
        }
    }

    var hasPrices: Bool { priceIn != nil && priceOut != nil }

    /// What was set by hand; a temperature that was asked for is kept to.
    private func overrides() throws(TeacherError) -> RequestOverrides {
        var overrides = try RequestOverrides(parsing: teacherOption)
        for key in ["max_tokens", "max_completion_tokens"] where maxTokens != nil && overrides.sets(key) {
            throw TeacherError(.configuration, "--max-tokens and --teacher-option \(key) exclude each other")
        }
        if let temperature {
            guard !overrides.sets("temperature") else {
                throw TeacherError(.configuration, "--temperature and --teacher-option temperature exclude each other")
            }
            overrides.add("temperature", Double(temperature).map(JSONValue.number) ?? .null)
        }
        return overrides
    }

    func options() -> TeacherOptions {
        TeacherOptions(
            timeout: .seconds(timeout), maximumRetries: maxRetries, requestsPerMinute: requestsPerMinute,
            tokensPerMinute: tokensPerMinute)
    }

    func makeEndpoint() throws -> TeacherEndpoint {
        try TeacherEndpoint(
            baseURL: endpoint, model: model, dialect: dialect, key: try key(),
            prices: TokenPrices(input: priceIn ?? 0, output: priceOut ?? 0), overrides: try overrides(),
            sendsKeyInClear: plainHttp)
    }

    /// The key; a variable that nobody named may be missing, for servers that want none.
    private func key() throws -> APIKey? {
        if let keyFile { return try APIKey(file: keyFile) }
        if let keyEnv {
            guard let key = try APIKey(environment: keyEnv) else {
                throw StageFailure(
                    .badInput,
                    "--key-env: \(KeyFile.words(forVariable: keyEnv)) is not set, expected the API key in it",
                    hint: "--key-env takes the name of a variable, never the key")
            }
            return key
        }
        return try APIKey(environment: dialect == .openai ? "OPENAI_API_KEY" : "ANTHROPIC_API_KEY")
    }
}
