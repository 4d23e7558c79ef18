import Foundation
import Synchronization

/// Where the threads of a ``ThreadPool`` find the loop that is running.
///
/// Unchecked `Sendable`: `body` and the plain counters are read and written only with `mutex` held, or by threads
/// that entered the loop under `mutex` and have not left it; the caller of ``run(_:_:)`` does not return, and so does
/// not let `body` go, before the last of them has left.
final class TaskBoard: @unchecked Sendable {
    /// The loop's number, for threads that look for a new one without taking the mutex.
    private let generation = Atomic<Int>(0)
    private let nextTask = Atomic<Int>(0)
    private let active = Atomic<Int>(0)
    private var taskCount = 0
    private var body: LoopBody?
    private var isOpen = false
    private var isClosed = false
    private var sleepers = 0
    private var mutex = pthread_mutex_t()
    private var wake = pthread_cond_t()
    private var done = pthread_cond_t()
    /// Held by the thread whose loop is running.
    private var turn = pthread_mutex_t()
    /// Working memory of the tasks: of those that the caller takes first, then of each thread's.
    private let stacks: [ScratchStack]

    /// - Parameter threadCount: the caller among them.
    init(threadCount: Int) {
        stacks = (0..<threadCount).map { _ in ScratchStack() }
        pthread_mutex_init(&mutex, nil)
        pthread_mutex_init(&turn, nil)
        pthread_cond_init(&wake, nil)
        pthread_cond_init(&done, nil)
    }

    deinit {
        pthread_mutex_destroy(&mutex)
        pthread_mutex_destroy(&turn)
        pthread_cond_destroy(&wake)
        pthread_cond_destroy(&done)
    }

    /// Runs a loop together with the pool's threads; false, having done nothing, when another loop is running.
    ///
    /// Never inlined: callers must see a call that calls `body`, whatever threads do so through ``LoopBody``.
    @inline(never)
    func run(_ count: Int, _ body: (Int) -> Void) -> Bool {
        guard pthread_mutex_trylock(&turn) == 0 else { return false }
        defer { pthread_mutex_unlock(&turn) }
        open(LoopBody(body), count)
        Scratch.withStack(stacks[0]) { takeTasks(count, body) }
        waitForOthers()
        ScratchStack.equalize(stacks)
        return true
    }

    /// Lets all threads take tasks.
    private func open(_ body: LoopBody, _ count: Int) {
        pthread_mutex_lock(&mutex)
        self.body = body
        taskCount = count
        nextTask.store(0, ordering: .relaxed)
        isOpen = true
        generation.add(1, ordering: .releasing)
        if sleepers > 0 { pthread_cond_broadcast(&wake) }
        pthread_mutex_unlock(&mutex)
    }

    /// Returns when the last thread has left.
    private func waitForOthers() {
        pthread_mutex_lock(&mutex)
        isOpen = false
        pthread_mutex_unlock(&mutex)
        // No thread enters any more; those inside finish the task they have.
        var tries = 0
        while active.load(ordering: .acquiring) > 0, tries < 2000 {
            tries += 1
            if tries > 200 { sched_yield() }
        }
        pthread_mutex_lock(&mutex)
        while active.load(ordering: .acquiring) > 0 { pthread_cond_wait(&done, &mutex) }
        body = nil
        pthread_mutex_unlock(&mutex)
    }

    /// What a thread of the pool, of number 1 and up, does all its life.
    func work(_ thread: Int) {
        Scratch.withStack(stacks[thread]) { takeLoops() }
    }

    private func takeLoops() {
        var seen = 0
        while true {
            // A new loop often follows within microseconds: look a while before going to sleep.
            var tries = 0
            while generation.load(ordering: .acquiring) == seen, tries < 400 {
                tries += 1
                if tries > 300 { sched_yield() }
            }
            pthread_mutex_lock(&mutex)
            while !isClosed, generation.load(ordering: .relaxed) == seen {
                sleepers += 1
                pthread_cond_wait(&wake, &mutex)
                sleepers -= 1
            }
            seen = generation.load(ordering: .relaxed)
            let entered = isOpen ? body : nil
            let count = taskCount
            if entered != nil { active.add(1, ordering: .relaxed) }
            let isFinished = isClosed
            pthread_mutex_unlock(&mutex)
            if isFinished { return }
            guard let entered else { continue }
            takeTasks(count) { entered($0) }
            pthread_mutex_lock(&mutex)
            if active.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { pthread_cond_signal(&done) }
            pthread_mutex_unlock(&mutex)
        }
    }

    /// Lets the threads end.
    func close() {
        pthread_mutex_lock(&mutex)
        isClosed = true
        generation.add(1, ordering: .releasing)
        pthread_cond_broadcast(&wake)
        pthread_mutex_unlock(&mutex)
    }

    private func takeTasks(_ count: Int, _ body: (Int) -> Void) {
        while true {
            let task = nextTask.add(1, ordering: .relaxed).oldValue
            if task >= count { return }
            body(task)
        }
    }
}
