import Foundation

/// The built executables.
enum Executable {
    /// The folder of the products: the one that this test bundle was built into.
    static let folder: String = {
        var url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        // The test runner may be the toolchain's; the bundle's path is then among the arguments.
        if !FileManager.default.isExecutableFile(atPath: url.path + "/retort-serve"),
            let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") })
        {
            url = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        }
        return url.path
    }()

    static func path(_ name: String) -> String { "\(folder)/\(name)" }
}
