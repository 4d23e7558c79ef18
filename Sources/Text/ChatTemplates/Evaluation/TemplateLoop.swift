/// The `loop` of a `for` block.
final class TemplateLoop {
    let items: [TemplateValue]
    var index = 0
    let depth: Int
    /// Renders the loop's body for other items; nil unless the loop is marked `recursive`.
    let recurse: ((TemplateInterpreter, TemplateValue) throws -> TemplateValue)?
    private var lastChanged: [TemplateValue]?

    init(
        items: [TemplateValue], depth: Int,
        recurse: ((TemplateInterpreter, TemplateValue) throws -> TemplateValue)?
    ) {
        self.items = items
        self.depth = depth
        self.recurse = recurse
    }

    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(items.count - index)
        case "revindex0": .integer(items.count - index - 1)
        case "first": .boolean(index == 0)
        case "last": .boolean(index == items.count - 1)
        case "length": .integer(items.count)
        case "depth": .integer(depth + 1)
        case "depth0": .integer(depth)
        case "previtem": index > 0 ? items[index - 1] : .undefined("there is no previous item")
        case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
        case "cycle":
            .callable(
                TemplateCallable(name: "loop.cycle") { [index] _, arguments in
                    guard !arguments.positional.isEmpty else {
                        throw TemplateFailure("loop.cycle: nothing to cycle through")
                    }
                    return arguments.positional[index % arguments.positional.count]
                })
        case "changed":
            .callable(
                TemplateCallable(name: "loop.changed") { [unowned self] _, arguments in
                    .boolean(changed(arguments.positional))
                })
        default: nil
        }
    }

    private func changed(_ values: [TemplateValue]) -> Bool {
        defer { lastChanged = values }
        guard let lastChanged else { return true }
        return lastChanged.count != values.count
            || !zip(lastChanged, values).allSatisfy { $0.isEqual(to: $1) }
    }
}
