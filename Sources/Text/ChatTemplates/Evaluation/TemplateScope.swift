/// The variables of one block: assignments stay inside it, look-ups go outward.
final class TemplateScope {
    private var variables: [String: TemplateValue] = [:]
    private let parent: TemplateScope?

    init(parent: TemplateScope? = nil) { self.parent = parent }

    func value(_ name: String) -> TemplateValue? {
        var scope: TemplateScope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ name: String, _ value: TemplateValue) { variables[name] = value }

    /// Lets go of everything: a macro holds its scope and the scope the macro, a cycle that the renderer breaks.
    func clear() { variables = [:] }
}
