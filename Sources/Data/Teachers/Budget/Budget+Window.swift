public import Foundation

extension Budget {
    /// What the limit stands over.
    public enum Window: Sendable {
        /// All that the account ever spent.
        case total
        /// A day in UTC: what was sent on it.
        case day

        /// When the window of a moment began.
        public func start(at moment: Date) -> Date {
            let day = 86_400.0
            return switch self {
            case .total: .distantPast
            case .day: Date(timeIntervalSince1970: (moment.timeIntervalSince1970 / day).rounded(.down) * day)
            }
        }
    }
}
