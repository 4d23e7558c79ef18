import Foundation
public import Testing

extension Trait where Self == ConditionTrait {
    /// Skips, visibly, where `../shared/fixtures` is not beside the checkout.
    public static var needsFixtures: Self { needsShared("fixtures") }

    /// Skips, visibly, where a file or folder of `../shared` is not beside the checkout.
    public static func needsShared(_ name: String) -> Self {
        .enabled(
            if: FileManager.default.fileExists(atPath: Checkout.shared(name)),
            "needs ../shared/\(name) beside the checkout")
    }
}
