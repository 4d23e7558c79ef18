public import ArgumentParser
import Foundation

/// What `@main` stands on: an executable that is one stage, or the root of several commands.
///
/// A command line that cannot be read is an error like every other, in the words and at the door of all errors.
public protocol RootCommand: AsyncParsableCommand {}

extension RootCommand {
    public static func main() async { await main(nil) }

    /// Parses and runs; ends the process with 64 where the command line is wrong.
    public static func main(_ arguments: [String]?) async {
        let arguments = arguments ?? Array(CommandLine.arguments.dropFirst())
        if let failure = DescriptorLimit.failure() { end(failure, arguments) }
        let command: any ParsableCommand
        do {
            command = try await asyncParseAsRoot(arguments)
        } catch {
            refuse(arguments, error)
        }
        if let failure = RepeatedOptions.failure(arguments, of: type(of: command)) { end(failure, arguments) }
        do {
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
        exit()
    }

    /// Help and version are errors to the parser, too; they are printed as they are.
    private static func refuse(_ arguments: [String], _ error: any Error) -> Never {
        guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
        let message = message(for: error)
        end(
            StageFailure(
                .usage, usage(message), hint: signHint(message, arguments) ?? helpCommand(fullMessage(for: error))),
            arguments)
    }

    /// Says what failed before any command could run, in the report too where one was asked for.
    private static func end(_ failure: StageFailure, _ arguments: [String]) -> Never {
        let isJSON = arguments.contains("--json")
        let console = Console(printsData: !isJSON)
        if !(isJSON && Interruption.isStageOfPipeline) { console.fail(failure) }
        if isJSON {
            var report = StageReport(stage: configuration.commandName ?? _commandName)
            report.status = "failed"
            report.failure = .init(failure)
            if let json = try? report.json() { console.report(json) }
        }
        exit(withError: ExitCode(failure.status.rawValue))
    }

    /// A message of the parser, begun like those of the stages.
    private static func usage(_ message: String) -> String {
        // Only numbers are read by the parser itself, and it does not say what it wanted.
        let isAboutNumber =
            message.hasPrefix("The value '") && message.contains("' is invalid for '") && message.hasSuffix("'")
        let message = isAboutNumber ? message + ", expected a number" : message
        guard let first = message.first, message.dropFirst().first?.isLowercase == true else { return message }
        return first.lowercased() + message.dropFirst()
    }

    /// A negative number is taken for another flag.
    private static func signHint(_ message: String, _ arguments: [String]) -> String? {
        guard message.hasPrefix("Missing value for '"),
            let place = arguments.indices.dropFirst().first(where: {
                arguments[$0].hasPrefix("-") && Double(arguments[$0]) != nil
                    && message.contains("'\(arguments[$0 - 1]) ")
            })
        else { return nil }
        return "a negative number is written with a sign of equality: \(arguments[place - 1])=\(arguments[place])"
    }

    /// The command that shows the help that fits: the parser ends what it says with it.
    private static func helpCommand(_ text: String) -> String {
        let quoted = text.components(separatedBy: "See '").last?.components(separatedBy: "'").first ?? ""
        return quoted.hasSuffix("--help") ? quoted : "\(configuration.commandName ?? _commandName) --help"
    }
}
