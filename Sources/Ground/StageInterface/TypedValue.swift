public import ArgumentParser

/// A value of a flag in a form of its own, which an error about it explains.
public protocol TypedValue: ExpressibleByArgument {
    /// What may be typed, with an example.
    static var allowed: String { get }
}

extension TypedValue {
    /// Reads what was typed; for the `transform` of an option.
    public static func typed(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw ValidationError("expected \(allowed)") }
        return value
    }
}
