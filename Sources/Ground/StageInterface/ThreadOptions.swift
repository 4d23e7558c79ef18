public import ArgumentParser

/// How many threads compute, for executables that do.
public struct ThreadOptions: ParsableArguments {
    @Option(help: "Threads that compute. (default: one for each core)")
    public var threads: Int?

    public init() {}

    public func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads: \(threads), expected 1 to 1024")
        }
    }
}
