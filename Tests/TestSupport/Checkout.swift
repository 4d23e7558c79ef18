public import Foundation

/// The checkout that the tests were built from, and the folder `shared` beside it, which not everybody has.
public enum Checkout {
    /// The root of the package.
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `../shared`: recorded references, and models of others.
    public static let shared = root.deletingLastPathComponent().appending(path: "shared")

    /// The bundled base model.
    public static let base = path("Models/retort-base-6m-f16.gguf")

    /// The path of a file of the checkout.
    public static func path(_ name: String) -> String { root.appending(path: name).path }

    /// The path of a file in ``shared``.
    public static func shared(_ name: String) -> String { shared.appending(path: name).path }
}
