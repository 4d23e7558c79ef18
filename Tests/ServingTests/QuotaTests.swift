import Foundation
import Serving
import Teachers
import Testing

/// The arithmetic of quotas, with clocks of its own.
@Suite struct QuotaTests {
    @Test func whatIsTakenComesBackSteadily() {
        let start = ContinuousClock.now
        var bucket = RateBucket(perMinute: 60, now: start)
        bucket.take(60, now: start)
        #expect(abs(bucket.wait(now: start) - 1) < 1e-9)
        #expect(bucket.wait(now: start + .seconds(1)) == 0)
        // A debt comes back first; no pause makes more than the whole.
        bucket.take(121, now: start + .seconds(1))
        #expect(abs(bucket.wait(now: start + .seconds(1)) - 121) < 1e-9)
        #expect(bucket.wait(now: start + .seconds(3600)) == 0)
        bucket.take(60, now: start + .seconds(3600))
        #expect(abs(bucket.wait(now: start + .seconds(3600)) - 1) < 1e-9)
        var larger = bucket.resized(perMinute: 600)
        #expect(abs(larger.wait(now: start + .seconds(3600)) - 0.1) < 1e-9, "another limit gives nothing back at once")
    }

    @Test func aDayEndsAtMidnightUTC() {
        let noon = Date(timeIntervalSince1970: 86_400 * 20_000 + 43_200)
        var count = DayCount()
        count.add(7, now: noon)
        #expect(count.used(now: noon + 43_199) == 7)
        #expect(DayCount.secondsLeft(now: noon) == 43_200)
        #expect(count.used(now: noon + 43_200) == 0)
        count.add(5, now: noon + 43_200)
        #expect(count.used(now: noon - 86_400) == 5, "a clock that is set back gives nothing")
        count.add(-9, now: noon)
        #expect(count.used(now: noon) == 0)
        count.add(.max, now: noon)
        count.add(.max, now: noon)
        #expect(count.used(now: noon) == .max)
    }

    @Test func escalationMoneyIsSetAsideBeforeItIsSpent() {
        let noon = Date(timeIntervalSince1970: 86_400 * 20_000 + 43_200)
        var quota = ClientQuota()
        quota.escalationPerDay = USD(1)
        let account = ClientAccount("a", quota)
        #expect(account.reserveEscalation(USD(0.6), now: noon))
        #expect(!account.reserveEscalation(USD(0.6), now: noon), "two at once do not spend the same money")
        account.settleEscalation(reserved: USD(0.6), spent: USD(0.1), now: noon)
        #expect(account.reserveEscalation(USD(0.9), now: noon))
        #expect(!account.reserveEscalation(USD(0.01), now: noon))
        #expect(account.reserveEscalation(USD(0.01), now: noon + 86_400))
        quota.escalationPerDay = .zero
        account.setQuota(quota)
        #expect(!account.reserveEscalation(.zero, now: noon + 86_400), "nothing a day is no escalation")
        #expect(ClientAccount("b", ClientQuota()).reserveEscalation(USD(1e6), now: noon))
    }
}
