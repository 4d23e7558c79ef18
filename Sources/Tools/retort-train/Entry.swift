import ArgumentParser
import StageInterface

/// `retort-train` trains; `retort-train sweep` searches for a recipe.
///
/// Not a default subcommand of a tool with two: the help of `retort-train` is that of training.
@main
enum Entry {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "sweep" {
            await SweepCommand.main(Array(arguments.dropFirst()))
        } else {
            await Train.main(arguments)
        }
    }
}
