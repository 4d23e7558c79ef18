/// What one rendering may cost. A template comes with a model that somebody downloaded: it must not be able to
/// hang the process, to fill the memory or to exhaust the stack.
struct TemplateBudget {
    /// Evaluation steps; a long conversation through an elaborate template takes some hundred thousand.
    static let maximumSteps = 8_000_000
    /// How deeply lists and dictionaries may lie in each other: they are printed and released by recursion.
    static let maximumValueDepth = 100
    /// How deeply calls, blocks and expressions may nest while they are evaluated.
    static let maximumDepth = 400
    /// Elements of one `range`, as Jinja's sandbox has it.
    static let maximumRange = 100_000

    private var steps = 0
    private var characters: Int
    /// How much one value may hold, counted in characters and elements; what is held twice counts twice.
    private let maximumWeight: Int
    private(set) var depth = 0

    /// - Parameter inputLength: how many characters the conversation and the template hold.
    init(inputLength: Int) {
        let (scaled, overflow) = inputLength.multipliedReportingOverflow(by: 64)
        characters = 16_000_000 + (overflow ? 0 : scaled)
        maximumWeight = 4_000_000 + (overflow ? 0 : scaled / 4)
    }

    mutating func step(_ count: Int = 1) throws {
        steps += count
        if steps > TemplateBudget.maximumSteps {
            throw TemplateFailure("more than \(TemplateBudget.maximumSteps) steps of evaluation", kind: .limit)
        }
    }

    /// Accounts for characters or elements before they are made.
    mutating func make(_ count: Int) throws {
        guard count <= characters else {
            throw TemplateFailure("texts and lists that outgrow the bound for this conversation", kind: .limit)
        }
        characters -= Swift.max(0, count)
    }

    /// Refuses a value that grew out of bounds.
    func check(_ value: TemplateValue) throws {
        guard value.depth <= TemplateBudget.maximumValueDepth else {
            throw TemplateFailure(
                "lists nested deeper than \(TemplateBudget.maximumValueDepth) levels", kind: .limit)
        }
        guard value.weight <= maximumWeight else {
            throw TemplateFailure("a list that outgrows the bound for this conversation", kind: .limit)
        }
    }

    mutating func enter() throws {
        depth += 1
        if depth > TemplateBudget.maximumDepth {
            throw TemplateFailure("nested deeper than \(TemplateBudget.maximumDepth) levels", kind: .limit)
        }
    }

    mutating func leave() { depth -= 1 }
}
