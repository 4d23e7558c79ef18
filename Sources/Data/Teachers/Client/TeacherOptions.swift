/// How hard a teacher may be asked.
public struct TeacherOptions: Sendable {
    /// How long one request may take, its answer included.
    public var timeout: Duration
    /// How often a failed request is sent again.
    public var maximumRetries: Int
    /// The ceiling of the wait before the first retry; it doubles with each.
    public var firstRetryDelay: Duration
    /// The most requests a minute; nil for no limit.
    public var requestsPerMinute: Double?
    /// The most tokens a minute, input and output together; nil for no limit.
    public var tokensPerMinute: Double?

    public init(
        timeout: Duration = .seconds(60), maximumRetries: Int = 5, firstRetryDelay: Duration = .milliseconds(500),
        requestsPerMinute: Double? = nil, tokensPerMinute: Double? = nil
    ) {
        self.timeout = timeout
        self.maximumRetries = maximumRetries
        self.firstRetryDelay = firstRetryDelay
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }
}
