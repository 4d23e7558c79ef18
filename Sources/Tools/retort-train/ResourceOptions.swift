import Adapters
import ArgumentParser
import StageInterface
import Storage
import Training

/// What a run may take.
struct ResourceOptions: ParsableArguments {
    @Flag(help: "Only say what the run will take, after a warm-up of a few steps.")
    var plan = false

    @Option(
        help: ArgumentHelp(
            "The most memory to take, 6g or 512m; micro-batches and recomputation are chosen to fit. (default: what the "
                + "machine has)", valueName: "bytes"), transform: ByteCount.typed)
    var memory: ByteCount?

    @Option(
        help: ArgumentHelp(
            "The most time to take, 2h or 1h30m; a run that cannot keep it is refused (exit 4). (default: no limit)",
            valueName: "time"), transform: TimeSpan.typed)
    var deadline: TimeSpan?

    /// Whether a warm-up is needed.
    var needsWarmUp: Bool { plan || memory != nil || deadline != nil }

    static var memoryUse: MemoryUse {
        let resident = ProcessUsage.residentBytes
        return MemoryUse(resident: resident.all, mapped: resident.mapped, peak: ProcessUsage.peakMemoryBytes)
    }

    /// Fits a run into its memory and its time.
    ///
    /// - Parameters:
    ///   - isBegun: whether the run goes on from a snapshot; then its micro-batches stay.
    ///   - secondsLeft: until the deadline.
    /// - Throws: what `TrainingRun.plan` throws; `StageFailure` with exit 4 for a deadline that cannot be kept.
    func prepare(_ run: TrainingRun, isBegun: Bool, secondsLeft: () -> Double?, _ console: Console) throws -> RunPlan {
        var plan = try run.plan(memoryLimit: memory?.bytes, maySplit: !isBegun, use: ResourceOptions.memoryUse)
        let available = ProcessUsage.availableMemoryBytes + ResourceOptions.memoryUse.resident
        if memory == nil, plan.memory.peak > available {
            do {
                plan = try run.plan(memoryLimit: available, maySplit: false, use: ResourceOptions.memoryUse)
                console.say("\(plan.recomputedLayers) of \(plan.layerCount) layers are recomputed to fit into memory")
            } catch let error as TrainingError {
                console.warn(error.description)
            }
        }
        guard needsWarmUp else { return plan }
        plan = try run.warmUp(plan) { ResourceOptions.memoryUse }
        if let memory, plan.memory.peak > memory.bytes {
            console.warn("memory: the warm-up took more than planned; \(plan.lines[0])")
        }
        if let secondsLeft = secondsLeft(),
            let reason = plan.refusal(secondsLeft: secondsLeft, epochs: run.recipe.epochs)
        {
            if !self.plan {
                throw StageFailure(.stopped, reason, hint: "give it more time, fewer epochs, or a smaller base")
            }
            console.warn(reason)
        }
        return plan
    }
}
