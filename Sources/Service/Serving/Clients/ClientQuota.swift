import Storage
package import Teachers

/// What one client may take; nil bounds nothing.
package struct ClientQuota: Sendable, Hashable {
    package var requestsPerMinute: Int?
    /// Of prompts and answers together.
    package var tokensPerMinute: Int?
    package var tokensPerDay: Int?
    /// What the frontier may cost for this client; zero escalates nothing.
    package var escalationPerDay: USD?

    package init() {}

    init(_ section: ConfigurationSection) {
        func count(_ key: String) -> Int? {
            section.has(key) ? section.integer(key, in: 1...1_000_000_000_000) : nil
        }
        requestsPerMinute = count("requests_per_minute")
        tokensPerMinute = count("tokens_per_minute")
        tokensPerDay = count("tokens_per_day")
        escalationPerDay = section.optionalNumber("escalation_usd_per_day", in: 0...1_000_000).map { USD($0) }
    }
}
