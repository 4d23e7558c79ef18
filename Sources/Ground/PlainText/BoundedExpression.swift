import Foundation

/// A regular expression that somebody wrote into a file: whatever it says, looking for it ends.
///
/// ICU's matcher tries again with less wherever it may, which `(a+)+$` makes exponential in the length of a text. It
/// counts its steps, ten thousand at a time, and so do we: a search has a million, and a hundred more for each unit of
/// UTF-16, of which ordinary expressions take a few. The bound is one of steps and not of time, so that every machine
/// finds the same.
public struct BoundedExpression: Sendable {
    /// The search was given up.
    public struct TooManySteps: Error, Hashable {}

    private static let stepsPerReport = 10_000
    private static let minimumSteps = 1_000_000
    private static let stepsPerUnit = 100

    private let expression: NSRegularExpression

    /// - Parameters:
    ///   - pattern: in ICU's language.
    ///   - isAnchored: whether it matches whole texts, rather than a part of one anywhere.
    /// - Throws: Foundation's error for what is no regular expression.
    public init(_ pattern: String, ignoresCase: Bool = false, isAnchored: Bool = false) throws {
        let options: NSRegularExpression.Options = ignoresCase ? [.caseInsensitive] : []
        // Alone it must be one, too: `a)(b` is none.
        _ = try NSRegularExpression(pattern: pattern, options: options)
        // Walking along the text is part of the expression, so that one search counts all its steps.
        let bounded = isAnchored ? "\\A(?:\(pattern))\\z" : "\\A[\\s\\S]*?(?:\(pattern))"
        expression = try NSRegularExpression(pattern: bounded, options: options)
    }

    /// Whether a text matches.
    ///
    /// - Throws: ``TooManySteps``.
    public func matches(_ text: String) throws(TooManySteps) -> Bool {
        let whole = NSRange(text.startIndex..., in: text)
        var reportsLeft =
            (BoundedExpression.minimumSteps + BoundedExpression.stepsPerUnit * whole.length)
            / BoundedExpression.stepsPerReport
        var isFound = false
        expression.enumerateMatches(in: text, options: [.reportProgress], range: whole) { match, _, stop in
            if match != nil { isFound = true } else { reportsLeft -= 1 }
            stop.pointee = ObjCBool(isFound || reportsLeft <= 0)
        }
        if !isFound, reportsLeft <= 0 { throw TooManySteps() }
        return isFound
    }
}
