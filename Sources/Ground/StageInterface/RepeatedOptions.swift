import ArgumentParser
import JSON

/// Options that take one value and were given several. The parser lets the last one count, and says nothing of the
/// others: half of somebody's files would be left out.
enum RepeatedOptions {
    /// The failure of a command line that gives one of them twice; nil for all others.
    static func failure(_ arguments: [String], of command: any ParsableCommand.Type) -> StageFailure? {
        var counts: [String: Int] = [:]
        for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("-") {
            counts[String(argument.prefix { $0 != "=" }), default: 0] += 1
        }
        // What a command takes is asked for only where there is something to ask.
        guard counts.values.contains(where: { $0 > 1 }) else { return nil }
        for names in single(of: command) {
            let given = names.filter { counts[$0] != nil }
            let count = given.reduce(0) { $0 + (counts[$1] ?? 0) }
            guard count > 1 else { continue }
            return StageFailure(
                .usage,
                "\(given.joined(separator: ", ")): given \(count == 2 ? "twice" : "\(count) times"), expected once",
                hint: "of several values one alone would count; leave the others out")
        }
        return nil
    }

    /// The names of each option that takes one value.
    private static func single(of command: any ParsableCommand.Type) -> [[String]] {
        let description = try? JSONValue(parsing: command._dumpHelp())
        return (description?["command"]?["arguments"]?.arrayValue ?? []).compactMap { argument in
            guard argument["kind"]?.stringValue == "option", argument["isRepeating"]?.boolValue == false else {
                return nil
            }
            return (argument["names"]?.arrayValue ?? []).compactMap { name in
                guard let word = name["name"]?.stringValue else { return nil }
                return name["kind"]?.stringValue == "long" ? "--\(word)" : "-\(word)"
            }
        }
    }
}
