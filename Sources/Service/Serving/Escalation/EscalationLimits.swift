public import Teachers

/// How much may be asked of the frontier endpoint, and at what price.
public struct EscalationLimits: Sendable {
    /// The most that may be spent on a day in UTC, in this workspace; nil for no limit. The endpoint has the prices.
    public var budget: USD?
    public var requestsPerMinute: Double?
    /// How many requests are asked at once.
    public var concurrency = 16
    /// How long the endpoint is left alone after it has failed too often in a row.
    public var pause: Duration = .seconds(30)

    public init() {}
}
