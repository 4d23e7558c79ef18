import ArgumentParser

/// `retort-train` trains; `retort-train sweep` searches for a recipe.
@main
enum Entry {
    static func main() async {
        await Train.main()
    }
}
