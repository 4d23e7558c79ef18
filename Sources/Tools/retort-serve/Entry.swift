import ArgumentParser
import StageInterface

/// `retort-serve` serves; `retort-serve key` makes a key for a client.
///
/// Not a default subcommand of a tool with two: the help of `retort-serve` is that of serving.
@main
enum Entry {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "key" {
            await KeyCommand.main(Array(arguments.dropFirst()))
        } else {
            await Serve.main(arguments)
        }
    }
}
