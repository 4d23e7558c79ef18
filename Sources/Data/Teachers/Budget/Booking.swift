public import Dialects
public import Foundation

/// One request in the budget's book.
public struct Booking: Sendable, Hashable, Identifiable {
    public enum State: String, Sendable, CaseIterable {
        /// On its way.
        case reserved
        /// Answered.
        case settled
        /// Refused before it was sent, or answered with an error; costs nothing.
        case released
        /// Nobody knows whether it was billed; booked at the most it can cost.
        case ambiguous
        /// Set right by a person.
        case corrected
    }

    /// What a person set right.
    public struct Correction: Sendable, Hashable {
        public var before: USD
        public var reason: String
        public var time: Date
    }

    public let id: Int64
    public var account: String
    /// The number of the run; nil in books of older versions.
    public var run: Int?
    /// `dialect/model`; nil in books of older versions.
    public var teacher: String?
    public var state: State
    public var amount: USD
    public var time: Date
    /// The limit of the answer's tokens that the request had.
    public var limit: Int?
    public var usage: TokenUsage?
    /// Why the usage that the teacher stated was not taken.
    public var doubt: String?
    /// The last correction.
    public var correction: Correction?

    /// Tokens of the answer that were billed beyond the limit.
    public var beyondLimit: Int {
        guard let usage, let limit, doubt == nil else { return 0 }
        return max(0, usage.output - limit)
    }

    /// Why somebody should look at it; nil where there is no reason.
    public var suspicion: String? {
        switch state {
        case .ambiguous: return "no answer: nobody knows whether it was billed"
        case .settled:
            if let doubt { return doubt }
            // Books of older versions took whatever a server stated.
            if teacher == nil, amount >= USD(100) { return "more than $100 for one request" }
            return beyondLimit > 0 ? "billed \(beyondLimit) tokens beyond the limit of \(limit ?? 0)" : nil
        case .reserved, .released, .corrected: return nil
        }
    }
}
