package import Foundation

/// What was used since midnight, UTC.
package struct DayCount: Sendable {
    private static let length = 86_400

    private var day = 0
    private var count = 0

    package init() {}

    /// What was used today. A clock that is set back begins no day anew.
    package mutating func used(now: Date) -> Int {
        let today = DayCount.seconds(now) / DayCount.length
        if today > day { (day, count) = (today, 0) }
        return count
    }

    /// Adds to today's; nothing given back makes it less than nothing.
    package mutating func add(_ amount: Int, now: Date) {
        let (sum, isBeyond) = used(now: now).addingReportingOverflow(amount)
        count = isBeyond ? .max : max(0, sum)
    }

    /// Seconds until the next day begins.
    package static func secondsLeft(now: Date) -> Int { length - seconds(now) % length }

    private static func seconds(_ date: Date) -> Int { max(0, Int(date.timeIntervalSince1970)) }
}
