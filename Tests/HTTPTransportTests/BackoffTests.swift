import Foundation
import HTTPTransport
import Testing
import TestSupport

@Suite struct BackoffTests {
    /// Draws the highest number each time, so that a wait is its ceiling.
    private struct Highest: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }
    /// Draws the lowest.
    private struct Lowest: RandomNumberGenerator { mutating func next() -> UInt64 { 0 } }

    private let backoff = Backoff(maximumRetries: 4, first: .seconds(1), longest: .seconds(3))

    @Test func theCeilingDoublesUpToTheLongestWait() {
        var highest = Highest()
        let waits = (0..<5).map {
            backoff.delay(beforeRetry: $0, using: &highest).map { ($0 / .milliseconds(1)).rounded() }
        }
        #expect(waits == [1000, 2000, 3000, 3000, nil])
    }

    @Test func jitterGoesDownToNothing() {
        var lowest = Lowest()
        #expect(backoff.delay(beforeRetry: 3, using: &lowest) == .zero)
    }

    @Test func whatTheServerAsksForIsWaitedInFull() {
        var lowest = Lowest()
        #expect(backoff.delay(beforeRetry: 0, retryAfter: .seconds(20), using: &lowest) == .seconds(20))
        #expect(backoff.delay(beforeRetry: 0, retryAfter: .seconds(301), using: &lowest) == nil)
    }

    @Test func retryAfterIsSecondsOrADate() throws {
        let now = try #require(ISO8601DateFormatter().date(from: "2015-10-21T07:27:30Z"))
        func wait(_ headers: HTTPHeaders) -> Duration? { Backoff.retryAfter(headers, now: now) }
        #expect(wait(["Retry-After": "120"]) == .seconds(120))
        // The example of RFC 9110, section 5.6.7's preferred form.
        #expect(wait(["retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"]) == .seconds(30))
        #expect(wait(["retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"]) == .zero)
        #expect(wait(["retry-after-ms": "250", "retry-after": "1"]) == .milliseconds(250))
        #expect(wait(["retry-after": "-1"]) == nil)
        #expect(wait(["retry-after": "soon"]) == nil)
        #expect(wait([:]) == nil)
    }
}
