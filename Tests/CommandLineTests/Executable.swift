import Foundation

/// The built executables, run as a user runs them.
enum Executable {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The folder of the products: the one that this test bundle was built into.
    static let folder: String = {
        var url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        // The test runner may be the toolchain's; the bundle's path is then among the arguments.
        if !FileManager.default.isExecutableFile(atPath: url.path + "/retort"),
            let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") })
        {
            url = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        }
        return url.path
    }()

    /// Runs an executable to its end in a folder of its own; `environment` is added to the test's.
    static func run(
        _ name: String, _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(name, arguments, input: input, environment: environment)
    }

    /// - Parameter folder: where the executable lies; among the built ones by default.
    static func run(
        _ name: String, _ arguments: [String], in folder: String = Executable.folder, input: String = "",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(folder)/\(name)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let output = Pipe(), errors = Pipe(), typed = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = typed
        try process.run()
        typed.fileHandleForWriting.write(Data(input.utf8))
        try typed.fileHandleForWriting.close()
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let errorData = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
            errors: String(decoding: errorData, as: UTF8.self))
    }
}
