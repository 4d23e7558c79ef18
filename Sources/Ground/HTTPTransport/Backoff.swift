public import Foundation

/// How often, and after what waits, a failed request is sent again: exponential backoff with full jitter.
///
/// The wait before retry `n` (from 0) is drawn evenly from 0 to `min(longest, first · 2ⁿ)`, so that clients that
/// failed together do not return together. What the server asks for with `retry-after` is waited in full, and the
/// jitter comes on top. <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
public struct Backoff: Sendable {
    /// How many times a request may be sent again after the first try.
    public var maximumRetries: Int
    public var first: Duration
    public var longest: Duration
    /// A server that asks for a longer wait than this is as good as down.
    public var longestRetryAfter: Duration

    public init(
        maximumRetries: Int = 5, first: Duration = .milliseconds(500), longest: Duration = .seconds(30),
        longestRetryAfter: Duration = .seconds(300)
    ) {
        self.maximumRetries = maximumRetries
        self.first = first
        self.longest = longest
        self.longestRetryAfter = longestRetryAfter
    }

    /// The wait before a retry, or nil when there shall be none.
    ///
    /// - Parameters:
    ///   - retry: how many retries there have been, from 0.
    ///   - retryAfter: what the server asked for.
    public func delay(
        beforeRetry retry: Int, retryAfter: Duration? = nil, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard retry < maximumRetries else { return nil }
        if let retryAfter, retryAfter > longestRetryAfter { return nil }
        let ceiling = min(longest, first * (1 << min(retry, 30)))
        let share = Double(random.next() >> 11) * 0x1p-53
        return (retryAfter ?? .zero) + ceiling * share
    }

    /// The wait that a `retry-after` field asks for: whole seconds, or an HTTP date; nil if it is neither.
    ///
    /// `retry-after-ms`, which some model APIs send beside it, is finer and therefore first.
    public static func retryAfter(_ headers: HTTPHeaders, now: Date = Date()) -> Duration? {
        if let text = headers["retry-after-ms"], let value = Double(text), value.isFinite, value >= 0 {
            return .milliseconds(min(value, 1e9))
        }
        guard let text = headers["retry-after"]?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let value = Double(text), value.isFinite { return value >= 0 ? .seconds(min(value, 1e6)) : nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = formatter.date(from: text) else { return nil }
        return .seconds(max(0, min(date.timeIntervalSince(now), 1e6)))
    }
}
