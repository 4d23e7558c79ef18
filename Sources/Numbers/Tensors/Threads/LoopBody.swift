/// The body of a loop as a value that other threads find in memory while the loop runs.
///
/// A closure that does not escape can be called and passed on, but not stored, and `withoutActuallyEscaping` allocates
/// twice a loop: thousands of times in a training step. Swift passes such a closure as two words, its function and its
/// context, and counts no references to the context, which may lie on the stack. A function that takes these two words
/// therefore stands for one that takes the closure, and that is all that is relied on; closures are kept in structures,
/// where they have the form in which they are called.
///
/// Whoever makes one must not return, and must call the closure itself, before the last call through it has ended.
struct LoopBody {
    private let function: UnsafeRawPointer
    private let context: UnsafeRawPointer?

    private struct Identity { let function: @Sendable (LoopBody) -> LoopBody }
    private struct Lending { let function: @Sendable ((Int) -> Void) -> LoopBody }
    private struct Application { let function: @Sendable ((Int) -> Void, Int) -> Void }
    private struct Calling { let function: @Sendable (LoopBody, Int) -> Void }

    private static let lending = unsafeBitCast(Identity { $0 }, to: Lending.self)
    private static let calling = unsafeBitCast(Application { $0($1) }, to: Calling.self)

    init(_ body: (Int) -> Void) { self = LoopBody.lending.function(body) }

    func callAsFunction(_ task: Int) { LoopBody.calling.function(self, task) }
}
