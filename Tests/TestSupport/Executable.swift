public import Foundation

/// The built executables, run as a user runs them.
public enum Executable {
    public struct Outcome: Sendable {
        public var status: Int32
        public var output: String
        public var errors: String
    }

    /// The folder of the products: the one that this test bundle was built into.
    public static let folder: String = {
        var url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        // The test runner may be the toolchain's; the bundle's path is then among the arguments.
        if !FileManager.default.isExecutableFile(atPath: url.path + "/retort"),
            let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") })
        {
            url = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        }
        return url.path
    }()

    /// Runs an executable to its end; `environment` is added to the test's.
    public static func run(
        _ name: String, _ arguments: String..., in folder: String = Executable.folder, input: String = "",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(name, arguments, in: folder, input: input, environment: environment)
    }

    /// - Parameter folder: where the executable lies; among the built ones by default.
    public static func run(
        _ name: String, _ arguments: [String], in folder: String = Executable.folder, input: String = "",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = process(name, arguments, in: folder, environment: environment)
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

    /// Starts an executable, whose output nobody reads.
    public static func start(
        _ name: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Process {
        let process = process(name, arguments, environment: environment)
        try process.run()
        return process
    }

    /// An executable that is ready to be started, with nothing to read and nobody to talk to.
    public static func process(
        _ name: String, _ arguments: [String], in folder: String = Executable.folder,
        environment: [String: String] = [:]
    ) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(folder)/\(name)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}
