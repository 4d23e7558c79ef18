import ArgumentParser
import Foundation
public import PlainText

/// A date, or a date with a time, as a flag.
extension LocalTime: TypedValue {
    public static let allowed = "a day of the calendar, or that with a time: 2026-03-14, 2026-03-14T08:30:00"

    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String { description }

    /// The day on which the command runs, at its beginning: what commands take where nobody names a date.
    public static var today: LocalTime { LocalTime(Date()).startOfDay }
}
