import Conversations
import Storage
import Teachers

/// What one client may take; nil bounds nothing.
struct ClientQuota: Sendable, Hashable {
    var requestsPerMinute: Int?
    /// Of prompts and answers together.
    var tokensPerMinute: Int?
    var tokensPerDay: Int?
    /// What the frontier may cost for this client; zero escalates nothing.
    var escalationPerDay: USD?

    init() {}

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
